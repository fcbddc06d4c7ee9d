/*
 * The part of libsrtp 3's interface that mediasoup-worker uses, for a machine that has libsrtp 2.
 *
 * Version 3 keeps most names of version 2 but gives some of them other types and arguments. Both cannot be
 * declared at once, so version 2 is included first and the changed names are then sent to sluice_srtp3_*
 * by macro. Names that did not change (srtp_init, srtp_dealloc, srtp_profile_*, ...) are used as they are.
 */
#ifndef SLUICE_SRTP3_ON_SRTP2_H
#define SLUICE_SRTP3_ON_SRTP2_H

#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An opaque handle in version 3, an open struct in version 2. */
typedef struct sluice_srtp3_policy *sluice_srtp3_policy_t;

srtp_err_status_t sluice_srtp3_policy_create(sluice_srtp3_policy_t *policy);
void sluice_srtp3_policy_destroy(sluice_srtp3_policy_t policy);
srtp_err_status_t sluice_srtp3_policy_set_ssrc(sluice_srtp3_policy_t policy, srtp_ssrc_t ssrc);
srtp_err_status_t sluice_srtp3_policy_set_profile(sluice_srtp3_policy_t policy, srtp_profile_t profile);
srtp_err_status_t sluice_srtp3_policy_add_key(sluice_srtp3_policy_t policy,
                                              const uint8_t *key,
                                              size_t key_len,
                                              const uint8_t *salt,
                                              size_t salt_len,
                                              const uint8_t *mki,
                                              size_t mki_len);
srtp_err_status_t sluice_srtp3_policy_set_allow_repeat_tx(sluice_srtp3_policy_t policy, bool allow);
srtp_err_status_t sluice_srtp3_policy_set_window_size(sluice_srtp3_policy_t policy, size_t packets);

srtp_err_status_t sluice_srtp3_create(srtp_t *session, sluice_srtp3_policy_t policy);
srtp_err_status_t sluice_srtp3_stream_remove(srtp_t session, uint32_t ssrc);

/*
 * All four read in_len bytes of `in` and write to `out`, whose room in bytes is *out_len and which then
 * says how many were written. `in` and `out` may be the same buffer.
 */
srtp_err_status_t sluice_srtp3_protect(srtp_t session,
                                       const uint8_t *in,
                                       size_t in_len,
                                       uint8_t *out,
                                       size_t *out_len,
                                       size_t mki_index);
srtp_err_status_t sluice_srtp3_protect_rtcp(srtp_t session,
                                            const uint8_t *in,
                                            size_t in_len,
                                            uint8_t *out,
                                            size_t *out_len,
                                            size_t mki_index);
srtp_err_status_t sluice_srtp3_unprotect(srtp_t session,
                                         const uint8_t *in,
                                         size_t in_len,
                                         uint8_t *out,
                                         size_t *out_len);
srtp_err_status_t sluice_srtp3_unprotect_rtcp(srtp_t session,
                                              const uint8_t *in,
                                              size_t in_len,
                                              uint8_t *out,
                                              size_t *out_len);

#ifdef __cplusplus
}
#endif

/* Codes that only version 3 has; the numbers follow the last one of version 2. */
#define srtp_err_status_buffer_small ((srtp_err_status_t)28)
#define srtp_err_status_cryptex_err ((srtp_err_status_t)29)

/* srtp3_on_srtp2.c needs version 2 itself under these names. */
#ifndef SLUICE_SRTP3_IMPLEMENTATION
#define srtp_policy_t sluice_srtp3_policy_t
#define srtp_policy_create sluice_srtp3_policy_create
#define srtp_policy_destroy sluice_srtp3_policy_destroy
#define srtp_policy_set_ssrc sluice_srtp3_policy_set_ssrc
#define srtp_policy_set_profile sluice_srtp3_policy_set_profile
#define srtp_policy_add_key sluice_srtp3_policy_add_key
#define srtp_policy_set_allow_repeat_tx sluice_srtp3_policy_set_allow_repeat_tx
#define srtp_policy_set_window_size sluice_srtp3_policy_set_window_size
#define srtp_create sluice_srtp3_create
#define srtp_stream_remove sluice_srtp3_stream_remove
#define srtp_protect sluice_srtp3_protect
#define srtp_protect_rtcp sluice_srtp3_protect_rtcp
#define srtp_unprotect sluice_srtp3_unprotect
#define srtp_unprotect_rtcp sluice_srtp3_unprotect_rtcp
#endif

#endif
