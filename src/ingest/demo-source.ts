import type { RtpSource } from './rtp-publisher.ts'

/** A test pattern with a running clock and a beep every second: something to watch without a camera. */
export const demoSource: RtpSource = {
  inputOptions: [
    // At the speed of real time; for both inputs.
    ...['-re', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30'],
    ...['-re', '-f', 'lavfi'],
  ],
  input: 'sine=frequency=220:beep_factor=4:sample_rate=48000',
  video: {
    codec: 'video/H264',
    options: [
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'baseline'],
      ...['-pix_fmt', 'yuv420p', '-b:v', '2000000', '-maxrate', '2000000', '-bufsize', '2000000'],
      // A keyframe a second, because this sender takes no requests.
      ...['-g', '30', '-keyint_min', '30', '-sc_threshold', '0'],
      // The SFU knows a keyframe by its parameter sets.
      ...['-x264-params', 'repeat-headers=1'],
    ],
  },
  audio: { map: '1:a:0', options: ['-c:a', 'libopus', '-b:a', '96000', '-ac', '2'] },
}
