import { createServer } from 'node:net'

/** Ports on the loopback interface that nobody listens on, below the range that outgoing connections take theirs from. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = 21_000 + Math.floor(Math.random() * 11_000)
    if (await isFree(port)) ports.add(port)
  }
  return [...ports]
}

/** One such port. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  return port as number
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
