import { DirectEventBus } from '../memory/direct-event-bus.ts'
export class KafkaEventBus extends DirectEventBus {
  constructor(_kafka: unknown, _options: unknown) {
    super()
  }
}
