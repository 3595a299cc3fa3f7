import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findCommand, runCommand } from './commands.ts'
import { cacheDirectory } from './directories.ts'
import { Unavailable } from './unavailable.ts'

/** What the tests run on unless they ask for another one. */
export const kafkaVersion = '4.4.0'

const pomOf = (version: string) => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>post-rate</groupId>
  <artifactId>kafka-for-tests</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`

/** Folder with Kafka's jars; downloaded by Maven the first time. */
export async function kafkaJars(log: (line: string) => void, version = kafkaVersion): Promise<string> {
  const target = folderOf(version)
  if (hasKafkaJars(version)) return target
  const mvn = findMaven()
  log(`Downloading Kafka ${version} with Maven`)

  const work = await mkdtemp(join(cacheDirectory(), 'download-'))
  try {
    await writeFile(join(work, 'pom.xml'), pomOf(version))
    await mkdir(join(work, 'jars'))
    const goal = ['dependency:copy-dependencies', '-DoutputDirectory=jars', '-DincludeScope=runtime']
    runCommand(mvn, ['--batch-mode', '--quiet', ...goal], { cwd: work })
    await rename(join(work, 'jars'), target)
  } catch (cause) {
    throw new Unavailable(`Kafka cannot be downloaded: ${(cause as Error).message}`, { cause })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return target
}

/** Whether an earlier run has downloaded this version. */
export function hasKafkaJars(version = kafkaVersion): boolean {
  return existsSync(folderOf(version))
}

/** Path of `mvn`. Throws `Unavailable` where there is none. */
export function findMaven(): string {
  const mvn = findCommand('mvn')
  if (!mvn) throw new Unavailable('no `mvn` to download Kafka with (Debian package `maven`)')
  return mvn
}

function folderOf(version: string): string {
  return join(cacheDirectory(), `kafka-${version}`)
}
