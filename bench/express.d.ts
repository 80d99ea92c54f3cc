/** Two versions of one package under names of their own. */
declare module 'express5' {
  export { default } from 'express';
}
declare module 'express4' {
  export { default } from 'express';
}
