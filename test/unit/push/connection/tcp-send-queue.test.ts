import { expect, test } from 'vitest'
import { sendQueueOf } from '../../../../src/push/connection/tcp-send-queue.ts'

// As the kernel prints them (proc_net_tcp(5)).
const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:A3C2 0100007F:078F 01 0001E240:00000010 01:00000014 00000000     0        0 2 2 0 20 4 30 10 -1
   2: 0100007F:A3C2 0200007F:078F 01 00000005:00000000 01:00000014 00000000     0        0 3 2 0 20 4 30 10 -1
  sl  local_address                         remote_address                        st tx_queue rx_queue
   0: 00000000000000000000000001000000:C001 B80D0120000000000000000001000000:01BB 01 00000A00:00000000 00:0 0
`

test.each([
  [{ localPort: 0xa3c2, remoteAddress: '127.0.0.1', remotePort: 1935 }, 123_456],
  [{ localPort: 0xa3c2, remoteAddress: '127.0.0.2', remotePort: 1935 }, 5],
  [{ localPort: 0xc001, remoteAddress: '2001:db8::1', remotePort: 443 }, 2_560],
  [{ localPort: 0xa3c3, remoteAddress: '127.0.0.1', remotePort: 1935 }, null],
])('%j has %s bytes on their way', (endpoints, bytes) => {
  expect(sendQueueOf(table, endpoints)).toBe(bytes)
})
