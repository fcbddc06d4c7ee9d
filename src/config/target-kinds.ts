/** What a target is: it decides the address when none is given, and what the platform asks of the media. */
export const targetKinds = ['youtube', 'facebook', 'twitch', 'rtmp'] as const
export type TargetKind = (typeof targetKinds)[number]

/**
 * Where the platforms take streams, by RTMPS. The port is named because ffmpeg's and the platforms' default differ.
 * YouTube and Facebook show other addresses for some events: a target's own `url` wins.
 */
export const ingestUrls: Readonly<Record<TargetKind, string | null>> = {
  youtube: 'rtmps://a.rtmps.youtube.com:443/live2',
  facebook: 'rtmps://live-api-s.facebook.com:443/rtmp',
  twitch: 'rtmps://ingest.global-contribute.live-video.net:443/app',
  rtmp: null,
}
