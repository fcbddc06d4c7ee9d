import { z } from 'zod'
import { fromCommas, networkListSchema } from '../network-list.ts'

/** The HTTP server: where it listens and whom it trusts. */
export const httpConfigSchema = z
  .object({
    httpHost: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address on which HTTP listens. Loopback unless told otherwise.'),
    // 0 lets the system choose: for tests and for several gateways on one machine.
    httpPort: z.int().min(0).max(65535).default(8080).describe('TCP port of HTTP.'),
    tlsCert: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe(
        'PEM file with the certificate and its chain: the port then speaks HTTPS, with HTTP/2. The gateway takes renewed files without a restart.',
      ),
    tlsKey: z.string().min(1).nullable().default(null).describe('PEM file with its private key.'),
    allowedHosts: z
      .preprocess(fromCommas, z.array(z.string().min(1).max(253)).max(50))
      .default([])
      .describe(
        'Names of the gateway, for proxies and plain HTTP. Addresses, localhost, the name of the machine and the names in tlsCert need no entry.',
      ),
    allowedOrigins: z
      .preprocess(
        fromCommas,
        z.array(z.string().refine(isOrigin, 'must look like https://example.org')).max(50),
      )
      .default([])
      .describe(
        'Origins of other sites whose pages may publish, watch and play HLS, such as https://example.org; * for all.',
      ),
    trustedProxies: networkListSchema
      .default([])
      .describe('Addresses and networks of proxies whose X-Forwarded-For names the client.'),
  })
  .superRefine(({ tlsCert, tlsKey }, context) => {
    if ((tlsCert === null) === (tlsKey === null)) return
    const missing = tlsCert === null ? 'tlsCert' : 'tlsKey'
    context.addIssue({ code: 'custom', path: [missing], message: 'tlsCert and tlsKey need each other' })
  })
  .describe('HTTP')

/** As browsers send it (RFC 6454 section 6.2): scheme, host and port only. */
function isOrigin(text: string): boolean {
  return text === '*' || (/^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text)
}

export type HttpConfig = Readonly<z.infer<typeof httpConfigSchema>>
