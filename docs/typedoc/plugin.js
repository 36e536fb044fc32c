/**
 * TypeDoc for this project: a module is named as it is imported; the comment at the top of a file also documents the export that the
 * file is named after; and an exported function or class without a docstring is an error.
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
      for (const documented of reflection.signatures ?? [reflection]) {
        documented.comment ??= new Comment()
        if (documented.comment.summary.length === 0) documented.comment.summary = [{ kind: 'text', text: opening }]
      }
    }
  })
  app.on(Application.EVENT_VALIDATE_PROJECT, project => {
    for (const reflection of project.getReflectionsByKind(ReflectionKind.Function | ReflectionKind.Class)) {
      const documented = reflection.signatures ?? [reflection]
      if (!documented.every(({ comment }) => comment?.hasVisibleComponent()))
        app.logger.validationWarning(`${reflection.getFullName()} has no docstring, and its file is not named after it`)
    }
  })
}

/** The comment at the top of its file, if the file is named after it: `kappa-fc.ts`, `kappaFc`. */
function openingFor({ name, sources }) {
  const path = sources?.[0]?.fullFileName
  if (path === undefined || basename(path, '.ts').replaceAll('-', '') !== name.toLowerCase()) return undefined
  const [, comment] = /^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(path, 'utf8')) ?? []
  return comment?.replace(/^ ?\* ?/gm, '').trim()
}
