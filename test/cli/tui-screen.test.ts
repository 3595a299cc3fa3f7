import { PassThrough } from 'node:stream'
import test from 'ava'
import { HeldOutput } from '../../packages/cli/src/ui/held-output.ts'
import { Screen } from '../../packages/cli/src/ui/screen.ts'

test('the screen uses the alternate buffer and gives the terminal back', (t) => {
  const { terminal, written } = fakeTerminal()
  const screen = new Screen(terminal)
  screen.enter()
  t.true(written().startsWith('\u001b[?1049h\u001b[?25l'))
  screen.leave()
  screen.leave()
  t.is(written(), '\u001b[?7h\u001b[?25h\u001b[?1049l')
  t.is(terminal.listenerCount('resize'), 0)
})

test('only lines that changed are written, in one piece', (t) => {
  const { terminal, written } = fakeTerminal()
  const screen = new Screen(terminal)
  screen.enter()
  screen.write('one\ntwo\nthree')
  written()
  screen.write('one\nTWO\nthree')
  t.is(written(), '\u001b[?2026h\u001b[2;1HTWO\u001b[0m\u001b[K\u001b[?2026l')
  screen.write('one\nTWO\nthree')
  t.is(written(), '')
  screen.write('one')
  t.is(written(), '\u001b[?2026h\u001b[2;1H\u001b[0m\u001b[K\u001b[3;1H\u001b[0m\u001b[K\u001b[?2026l')
})

test('a full line is not followed by an erase, which would take its last cell', (t) => {
  const { terminal, written } = fakeTerminal()
  const screen = new Screen(terminal)
  screen.enter()
  written()
  screen.write(`\u001b[32m${'x'.repeat(80)}\u001b[39m`)
  t.false(written().includes('\u001b[K'))
})

test('nothing but colours passes', (t) => {
  const { terminal, written } = fakeTerminal()
  const screen = new Screen(terminal)
  screen.enter()
  written()
  screen.write('a\u001b[31mb\u001b[39m\u001b[2J\u001b]0;t\u0007\u009b1m\rc')
  t.is(written(), '\u001b[?2026h\u001b[1;1Ha\u001b[31mb\u001b[39m[2J]0;t1mc\u001b[0m\u001b[K\u001b[?2026l')
})

test('after a resize everything is drawn anew, and no more rows than there are', (t) => {
  const { terminal, written } = fakeTerminal()
  const screen = new Screen(terminal)
  let resized = 0
  screen.on('resize', () => resized++)
  screen.enter()
  screen.write('one\ntwo\nthree')
  written()
  terminal.rows = 2
  terminal.emit('resize')
  const drawn = written()
  t.true(drawn.includes('\u001b[2J') && drawn.includes('one') && drawn.includes('two'))
  t.false(drawn.includes('three'))
  t.is(resized, 1)
})

test('frames for a slow terminal are left out, the last one comes', (t) => {
  const { terminal, written } = fakeTerminal({ slow: true })
  const screen = new Screen(terminal)
  screen.enter()
  screen.write('one')
  screen.write('two')
  screen.write('three')
  const before = written()
  t.true(before.includes('one') && !before.includes('two') && !before.includes('three'))
  terminal.emit('drain')
  const after = written()
  t.true(after.includes('three') && !after.includes('two'))
})

test('what is logged while the dashboard has the terminal comes out after it', (t) => {
  const stream = new PassThrough({ encoding: 'utf8' })
  const output = new HeldOutput(stream)
  output.write('before\n')
  output.hold()
  output.write('meanwhile\n')
  t.is(stream.read(), 'before\n')
  output.release()
  output.release()
  t.is(stream.read(), 'meanwhile\n')
})

/** `written` gives what was written since it was last called. */
function fakeTerminal({ slow = false } = {}) {
  let text = ''
  const terminal = Object.assign(new PassThrough(), {
    columns: 80,
    rows: 24,
    isTTY: true,
  }) as unknown as NodeJS.WriteStream
  terminal.write = (chunk: unknown) => {
    text += String(chunk)
    return !slow
  }
  const written = () => {
    const all = text
    text = ''
    return all
  }
  return { terminal, written }
}
