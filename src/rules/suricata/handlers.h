// SPDX-License-Identifier: GPL-2.0-or-later
// What each keyword does to the draft of a rule. Every handler gets its option with a value or without one as
// the keyword table says, and complains by itself.
#pragma once

#include "draft.h"

namespace nfsieve::suricata {

/// A keyword's row, as handlers that serve several keywords see it.
struct Keyword;

using Handler = void (*)(Draft&, const Option&, const Keyword&);

// meta.cc
void read_msg(Draft&, const Option&, const Keyword&);
void read_sid(Draft&, const Option&, const Keyword&);
void read_rev(Draft&, const Option&, const Keyword&);
void read_priority(Draft&, const Option&, const Keyword&);
void read_classtype(Draft&, const Option&, const Keyword&);
void read_reference(Draft&, const Option&, const Keyword&);
void read_metadata(Draft&, const Option&, const Keyword&);
void read_noalert(Draft&, const Option&, const Keyword&);
void read_alert(Draft&, const Option&, const Keyword&);
void read_requires(Draft&, const Option&, const Keyword&);
void accept(Draft&, const Option&, const Keyword&);
// buffers.cc
void read_sticky(Draft&, const Option&, const Keyword&);
void read_pkt_data(Draft&, const Option&, const Keyword&);
void read_buffer_modifier(Draft&, const Option&, const Keyword&);
void read_transform(Draft&, const Option&, const Keyword&);
void read_xor(Draft&, const Option&, const Keyword&);
void read_pcrexform(Draft&, const Option&, const Keyword&);
// content.cc
void read_content(Draft&, const Option&, const Keyword&);
void read_uricontent(Draft&, const Option&, const Keyword&);
void read_nocase(Draft&, const Option&, const Keyword&);
void read_offset(Draft&, const Option&, const Keyword&);
void read_depth(Draft&, const Option&, const Keyword&);
void read_distance(Draft&, const Option&, const Keyword&);
void read_within(Draft&, const Option&, const Keyword&);
void read_startswith(Draft&, const Option&, const Keyword&);
void read_endswith(Draft&, const Option&, const Keyword&);
void read_fast_pattern(Draft&, const Option&, const Keyword&);
// pcre.cc
void read_pcre(Draft&, const Option&, const Keyword&);
// sizes.cc
void read_isdataat(Draft&, const Option&, const Keyword&);
void read_bsize(Draft&, const Option&, const Keyword&);
void read_urilen(Draft&, const Option&, const Keyword&);
void read_dsize(Draft&, const Option&, const Keyword&);
// byte_keywords.cc, byte_math.cc
void read_byte_test(Draft&, const Option&, const Keyword&);
void read_byte_jump(Draft&, const Option&, const Keyword&);
void read_byte_extract(Draft&, const Option&, const Keyword&);
void read_byte_math(Draft&, const Option&, const Keyword&);
// base64.cc
void read_base64_decode(Draft&, const Option&, const Keyword&);
void read_base64_data(Draft&, const Option&, const Keyword&);
// flow_keywords.cc, bits.cc
void read_flow(Draft&, const Option&, const Keyword&);
void read_stream_size(Draft&, const Option&, const Keyword&);
void read_app_layer_protocol(Draft&, const Option&, const Keyword&);
void read_app_layer_event(Draft&, const Option&, const Keyword&);
void read_flowbits(Draft&, const Option&, const Keyword&);
void read_xbits(Draft&, const Option&, const Keyword&);
void read_hostbits(Draft&, const Option&, const Keyword&);
void read_flowint(Draft&, const Option&, const Keyword&);
// limits.cc
void read_threshold(Draft&, const Option&, const Keyword&);
void read_detection_filter(Draft&, const Option&, const Keyword&);
// packet_keywords.cc
void read_flags(Draft&, const Option&, const Keyword&);
void read_window(Draft&, const Option&, const Keyword&);
void read_ttl(Draft&, const Option&, const Keyword&);
void read_ack(Draft&, const Option&, const Keyword&);
void read_seq(Draft&, const Option&, const Keyword&);
void read_stream_event(Draft&, const Option&, const Keyword&);
// tls_keywords.cc
void read_tls_version(Draft&, const Option&, const Keyword&);
void read_ssl_version(Draft&, const Option&, const Keyword&);
void read_tls_text(Draft&, const Option&, const Keyword&);

} // namespace nfsieve::suricata
