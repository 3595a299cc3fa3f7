import { join } from 'node:path'
import { projectDirectory } from '../../helpers/services/directories.ts'

/** The document that shows the figure. */
export const document = join(projectDirectory, 'packages/post-rate/DESIGN.md')

const marked = /(?<=<!-- imports -->\n).*(?=\n<!-- end of imports -->)/s

/** The figure in a document's text; null where the marks around it are missing. */
export function figureIn(text: string): string | null {
  return marked.exec(text)?.[0] ?? null
}

export function withFigure(text: string, figure: string): string {
  return text.replace(marked, () => figure)
}
