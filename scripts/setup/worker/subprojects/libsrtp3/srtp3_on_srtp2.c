/* Implements include/srtp.h with libsrtp 2. */
#define SLUICE_SRTP3_IMPLEMENTATION
#include "srtp.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The bytes that libsrtp 2 may add behind a packet; an RTCP packet also gets a 4 byte index. */
#define RTP_TRAILER_MAX_BYTES ((size_t)SRTP_MAX_TRAILER_LEN)
#define RTCP_TRAILER_MAX_BYTES (RTP_TRAILER_MAX_BYTES + 4)

struct sluice_srtp3_policy {
  srtp_policy_t v2;
  /* Version 2 keeps a pointer to the caller's key, version 3 a copy. */
  uint8_t key_and_salt[SRTP_MAX_KEY_LEN];
};

/* A plain memset before free() may be optimised away. */
static void wipe(void *memory, size_t bytes)
{
  volatile uint8_t *at = memory;

  while (bytes-- > 0) {
    *at++ = 0;
  }
}

srtp_err_status_t sluice_srtp3_policy_create(sluice_srtp3_policy_t *policy)
{
  *policy = calloc(1, sizeof(**policy));
  return *policy ? srtp_err_status_ok : srtp_err_status_alloc_fail;
}

void sluice_srtp3_policy_destroy(sluice_srtp3_policy_t policy)
{
  if (policy) {
    wipe(policy, sizeof(*policy));
    free(policy);
  }
}

srtp_err_status_t sluice_srtp3_policy_set_ssrc(sluice_srtp3_policy_t policy, srtp_ssrc_t ssrc)
{
  policy->v2.ssrc = ssrc;
  return srtp_err_status_ok;
}

srtp_err_status_t sluice_srtp3_policy_set_profile(sluice_srtp3_policy_t policy, srtp_profile_t profile)
{
  srtp_err_status_t status = srtp_crypto_policy_set_from_profile_for_rtp(&policy->v2.rtp, profile);

  if (status != srtp_err_status_ok) {
    return status;
  }
  return srtp_crypto_policy_set_from_profile_for_rtcp(&policy->v2.rtcp, profile);
}

srtp_err_status_t sluice_srtp3_policy_add_key(sluice_srtp3_policy_t policy,
                                              const uint8_t *key,
                                              size_t key_len,
                                              const uint8_t *salt,
                                              size_t salt_len,
                                              const uint8_t *mki,
                                              size_t mki_len)
{
  /* The worker uses one key without an identifier; anything else must not be taken for that. */
  if (mki || mki_len || policy->v2.key) {
    return srtp_err_status_bad_param;
  }
  if (key_len > SRTP_MAX_KEY_LEN || salt_len > SRTP_MAX_KEY_LEN - key_len) {
    return srtp_err_status_bad_param;
  }
  memcpy(policy->key_and_salt, key, key_len);
  memcpy(policy->key_and_salt + key_len, salt, salt_len);
  policy->v2.key = policy->key_and_salt;
  return srtp_err_status_ok;
}

srtp_err_status_t sluice_srtp3_policy_set_allow_repeat_tx(sluice_srtp3_policy_t policy, bool allow)
{
  policy->v2.allow_repeat_tx = allow ? 1 : 0;
  return srtp_err_status_ok;
}

srtp_err_status_t sluice_srtp3_policy_set_window_size(sluice_srtp3_policy_t policy, size_t packets)
{
  policy->v2.window_size = (unsigned long)packets;
  return srtp_err_status_ok;
}

srtp_err_status_t sluice_srtp3_create(srtp_t *session, sluice_srtp3_policy_t policy)
{
  return srtp_create(session, &policy->v2);
}

srtp_err_status_t sluice_srtp3_stream_remove(srtp_t session, uint32_t ssrc)
{
  return srtp_remove_stream(session, ssrc);
}

/* Version 2 works in place and counts in int. `transform` is one of its four functions. */
static srtp_err_status_t copy_then(srtp_err_status_t (*transform)(srtp_t, void *, int *),
                                   size_t growth_max_bytes,
                                   srtp_t session,
                                   const uint8_t *in,
                                   size_t in_len,
                                   uint8_t *out,
                                   size_t *out_len)
{
  srtp_err_status_t status;
  int length;

  if (in_len > (size_t)INT_MAX - growth_max_bytes) {
    return srtp_err_status_bad_param;
  }
  if (*out_len < in_len + growth_max_bytes) {
    return srtp_err_status_buffer_small;
  }
  if (out != in) {
    memmove(out, in, in_len);
  }
  length = (int)in_len;
  status = transform(session, out, &length);
  if (status == srtp_err_status_ok) {
    *out_len = (size_t)length;
  }
  return status;
}

srtp_err_status_t sluice_srtp3_protect(srtp_t session,
                                       const uint8_t *in,
                                       size_t in_len,
                                       uint8_t *out,
                                       size_t *out_len,
                                       size_t mki_index)
{
  (void)mki_index;
  return copy_then(srtp_protect, RTP_TRAILER_MAX_BYTES, session, in, in_len, out, out_len);
}

srtp_err_status_t sluice_srtp3_protect_rtcp(srtp_t session,
                                            const uint8_t *in,
                                            size_t in_len,
                                            uint8_t *out,
                                            size_t *out_len,
                                            size_t mki_index)
{
  (void)mki_index;
  return copy_then(srtp_protect_rtcp, RTCP_TRAILER_MAX_BYTES, session, in, in_len, out, out_len);
}

srtp_err_status_t sluice_srtp3_unprotect(srtp_t session,
                                         const uint8_t *in,
                                         size_t in_len,
                                         uint8_t *out,
                                         size_t *out_len)
{
  return copy_then(srtp_unprotect, 0, session, in, in_len, out, out_len);
}

srtp_err_status_t sluice_srtp3_unprotect_rtcp(srtp_t session,
                                              const uint8_t *in,
                                              size_t in_len,
                                              uint8_t *out,
                                              size_t *out_len)
{
  return copy_then(srtp_unprotect_rtcp, 0, session, in, in_len, out, out_len);
}
