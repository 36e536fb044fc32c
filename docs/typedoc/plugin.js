/**
 * TypeDoc as this project writes: a module has the name that an import has; the comment that opens a file is also that of the
 * export which the file is named after; and every function and class that a package exports has one, or there is no reference.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Application, Comment, Converter, ReflectionKind } from 'typedoc'
import { entries } from './entries.js'

const kinds = ReflectionKind.Function | ReflectionKind.Class | ReflectionKind.Interface | ReflectionKind.Variable

/** @param {Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Module)) return
    const file = context.getSymbolFromReflection(reflection)?.declarations?.[0]?.getSourceFile().fileName
    reflection.name = entries.find(({ source }) => source === file)?.name ?? reflection.name
  })
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const reflection of project.getReflectionsByKind(kinds)) {
      const opening = openingFor(reflection)
      if (opening === undefined) continue
      for (const told of reflection.signatures ?? [reflection]) {
        told.comment ??= new Comment()
        if (told.comment.summary.length === 0) told.comment.summary = [{ kind: 'text', text: opening }]
      }
    }
  })
  app.on(Application.EVENT_VALIDATE_PROJECT, project => {
    for (const reflection of project.getReflectionsByKind(ReflectionKind.Function | ReflectionKind.Class)) {
      const told = reflection.signatures ?? [reflection]
      if (!told.every(({ comment }) => comment?.hasVisibleComponent()))
        app.logger.validationWarning(`${reflection.getFullName()} has no docstring, nor is its file named after it`)
    }
  })
}

/** The comment that opens its file, if the file is named after it: `kappa-fc.ts`, `kappaFc`. */
function openingFor({ name, sources }) {
  const path = sources?.[0]?.fullFileName
  if (path === undefined || basename(path, '.ts').replaceAll('-', '') !== name.toLowerCase()) return undefined
  const [, comment] = /^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(path, 'utf8')) ?? []
  return comment?.replace(/^ ?\* ?/gm, '').trim()
}
