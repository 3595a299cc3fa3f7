import { choose } from './random.ts'

const openings = [
  'Notes on',
  'A field guide to',
  'Why we moved to',
  'The quiet return of',
  'Ten years of',
  'Learning from',
]
const subjects = [
  'sourdough without a scale',
  'night trains',
  'a garden on the fourth floor',
  'small databases',
  'winter cycling',
  'film cameras',
  'a shared workshop',
  'rivers under the city',
  'open maps',
  'cooking with leftovers',
  'old synthesizers',
  'a village library',
  'letters by hand',
  'birds at the station',
  'repairing a radio',
  'tides and tables',
]
const sentences = [
  'It began with a mistake that turned out to be the interesting part.',
  'Nobody we asked agreed on how it started.',
  'The first month was mostly waiting.',
  'What helped in the end was doing less, and doing it every day.',
  'We kept a list of everything that broke, and read it aloud on Fridays.',
  'The cheapest part was the one that lasted.',
  'Some of this will be wrong by next year, so the date is on the last page.',
  'If you try it, begin with the second chapter.',
  'Most of the work is invisible, which is as it should be.',
  'There are pictures, but they do not show the cold.',
]
const names = [
  'ada',
  'bo',
  'chidi',
  'dara',
  'elif',
  'finn',
  'grace',
  'hana',
  'ines',
  'jonas',
  'kofi',
  'lena',
  'mio',
  'noor',
]

/** A title and a text that look like something people might have written. */
export function demoPost(random: () => number): { title: string; content: string } {
  const title = `${choose(random, openings)} ${choose(random, subjects)}`
  const content = Array.from({ length: 2 + Math.floor(random() * 3) }, () => choose(random, sentences)).join(' ')
  return { title, content }
}

/** The id of the nth demo user: `ada`, `bo`, … `ada2`. */
export function demoUser(n: number): string {
  const round = Math.floor(n / names.length) + 1
  return `${names[n % names.length]}${round === 1 ? '' : round}`
}
