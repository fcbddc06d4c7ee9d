// The set-up is plain JavaScript that the type checker does not read (no allowJs); its tests import it untyped.
declare module '*.mjs'
