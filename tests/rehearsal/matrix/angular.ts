/** What `ng new --minimal --ssr=false` makes, without tests and budgets. */
import { drawModule } from './page.ts'

const compilerOptions = {
  ...{ target: 'ES2022', module: 'ES2022', moduleResolution: 'bundler', strict: true, skipLibCheck: true },
  ...{ experimentalDecorators: true, importHelpers: true, lib: ['ES2022', 'dom'] },
}

const workspace = {
  version: 1,
  projects: {
    app: {
      ...{ projectType: 'application', root: '', sourceRoot: 'src', prefix: 'app' },
      architect: {
        build: {
          builder: '@angular/build:application',
          options: {
            ...{ outputPath: 'dist/app', index: 'src/index.html', browser: 'src/main.ts' },
            ...{ tsConfig: 'tsconfig.json', polyfills: ['zone.js'], assets: [], styles: [] },
          },
          configurations: {
            production: { outputHashing: 'all' },
            development: { optimization: false, extractLicenses: false, sourceMap: true },
          },
          defaultConfiguration: 'production',
        },
        serve: {
          builder: '@angular/build:dev-server',
          configurations: {
            production: { buildTarget: 'app:build:production' },
            development: { buildTarget: 'app:build:development' },
          },
          defaultConfiguration: 'development',
        },
      },
    },
  },
  cli: { analytics: false },
}

const component = `import { Component, type AfterViewInit } from '@angular/core'
import { bootstrapApplication } from '@angular/platform-browser'
import { draw } from './draw'

@Component({ selector: 'app-root', standalone: true, template: '<canvas></canvas><output>Loading</output>' })
class App implements AfterViewInit {
  ngAfterViewInit() {
    draw()
  }
}
bootstrapApplication(App)
`

export const angularFiles: Readonly<Record<string, string>> = {
  'angular.json': JSON.stringify(workspace),
  'tsconfig.json': JSON.stringify({ compilerOptions, files: ['src/main.ts'] }),
  'src/index.html':
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>MixFlow</title><base href="/"><link rel="icon" href="data:,"></head><body><app-root></app-root></body></html>',
  'src/main.ts': component,
  'src/draw.ts': drawModule,
}
