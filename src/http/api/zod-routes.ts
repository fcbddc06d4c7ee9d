import type { FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { GatewayError } from '../../errors.ts'

/**
 * Lets the routes of a scope have zod schemas: what a request holds is validated by them, what is answered is written
 * by them, so that nothing gets out that the schema does not have.
 * @returns the same scope with the types for it.
 */
export function zodRoutes(scope: FastifyInstance) {
  scope.setValidatorCompiler(validatorCompiler)
  scope.setSerializerCompiler(serializerCompiler)
  // The schemas' messages hold no values, so no keys.
  scope.setSchemaErrorFormatter((errors) => {
    const problems = errors.map(({ instancePath, message }) =>
      [instancePath.slice(1).replaceAll('/', '.'), message].filter(Boolean).join(': '),
    )
    return new GatewayError('BAD_REQUEST', `${problems.join('; ')}.`)
  })
  return scope.withTypeProvider<ZodTypeProvider>()
}
