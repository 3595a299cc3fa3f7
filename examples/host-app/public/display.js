/** The figures that all readers see: average, histogram, and when they will change. */
export function createDisplay(element) {
  const [average, of, update, held] = ['.average strong', '.average .of', '.update', '.held'].map((s) =>
    element.querySelector(s),
  )
  const rows = [5, 4, 3, 2, 1, 0].map(createRow)
  element.querySelector('.histogram tbody').append(...rows.map((row) => row.element))
  let nextUpdateAt = null
  let idleText = ''

  return {
    show(stats) {
      average.textContent = stats.average === null ? '–' : stats.average.toFixed(2)
      of.textContent = stats.count === 1 ? '1 rating' : `${stats.count} ratings`
      const highest = Math.max(1, ...stats.histogram)
      for (const row of rows) row.show(stats.histogram[row.score], highest)
      nextUpdateAt = stats.nextUpdateAt === null ? null : Date.parse(stats.nextUpdateAt)
      idleText = stats.count === 0 ? 'the first rating shows at once' : 'shows every rating at once'
      const note = noteOf(stats)
      held.hidden = note === ''
      if (held.textContent !== note) held.textContent = note
    },

    /** True while the figures are promised to stay as they are. */
    frozen() {
      return nextUpdateAt !== null
    },

    tick(now) {
      const text = nextUpdateAt === null ? idleText : countdown(nextUpdateAt - now)
      if (update.textContent !== text) update.textContent = text
    },
  }
}

/** Why the average is not what the bars say, in words. */
function noteOf({ guard, withheld }) {
  if (withheld !== undefined) return `An average is shown from ${withheld.minCount} ratings on.`
  if (guard === null) return ''
  const since = new Date(guard.since).toLocaleTimeString('en', { timeStyle: 'short' })
  return `Unusually many ratings since ${since}. All of them count; the average follows slowly.`
}

function createRow(score) {
  const element = document.createElement('tr')
  const [label, bar, count] = [document.createElement('th'), document.createElement('td'), document.createElement('td')]
  label.scope = 'row'
  label.textContent = String(score)
  bar.className = 'bar'
  bar.append(document.createElement('span'))
  count.className = 'count'
  element.append(label, bar, count)
  return {
    element,
    score,
    show(ratings, highest) {
      bar.firstChild.style.inlineSize = `${(100 * ratings) / highest}%`
      count.textContent = String(ratings)
    },
  }
}

function countdown(left) {
  const seconds = Math.ceil(left / 1000)
  if (seconds <= 0) return 'updating …'
  return `updates in ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
