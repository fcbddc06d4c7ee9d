import { expect, test } from 'vitest'
import { findTcpSocket } from '../../../../src/push/connection/tcp-table.ts'

// As the kernel prints them (proc_net_tcp(5)).
const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:A3C2 0100007F:078F 01 0001E240:00000010 01:00000014 00000000     0        0 2 2 0 20 4 30 10 -1
   2: 0100007F:A3C2 0200007F:078F 01 00000005:00000000 01:00000014 00000000  1000        0 3 2 0 20 4 30 10 -1
  sl  local_address                         remote_address                        st tx_queue rx_queue
   0: 00000000000000000000000001000000:C001 B80D0120000000000000000001000000:01BB 01 00000A00:00000000 00:00000000 00000000 65534        0 4
`

test.each([
  [
    { localPort: 0xa3c2, remoteAddress: '127.0.0.1', remotePort: 1935 },
    { sendQueueBytes: 123_456, ownerId: 0 },
  ],
  [
    { localPort: 0xa3c2, remoteAddress: '127.0.0.2', remotePort: 1935 },
    { sendQueueBytes: 5, ownerId: 1000 },
  ],
  [
    { localPort: 0xc001, remoteAddress: '2001:db8::1', remotePort: 443 },
    { sendQueueBytes: 2_560, ownerId: 65534 },
  ],
  [{ localPort: 0xa3c3, remoteAddress: '127.0.0.1', remotePort: 1935 }, null],
])('%j is %j', (endpoints, socket) => {
  expect(findTcpSocket(table, endpoints)).toEqual(socket)
})
