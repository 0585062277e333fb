// SPDX-License-Identifier: GPL-2.0-or-later
// Whether receivers agree where a message ends (RFC 9112 section 6.3). Where they do not, one of them reads
// as a message of its own what is a body for another.
#pragma once

#include "htp_handles.h"

#include <string_view>

namespace nfsieve::http {

/// `headers`: a request's header lines as they came.
[[nodiscard]] bool request_end_is_ambiguous(const htp_tx_t& tx, std::string_view headers);
/// The same of a response.
[[nodiscard]] bool response_end_is_ambiguous(const htp_tx_t& tx, std::string_view headers);

} // namespace nfsieve::http
