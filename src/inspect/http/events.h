// SPDX-License-Identifier: GPL-2.0-or-later
// What libhtp complains about, under the names of Suricata's app-layer-event.
#pragma once

#include "htp_handles.h"

#include <string_view>
#include <vector>

namespace nfsieve::http {

/// The event of a message that libhtp logs; empty where there is none.
[[nodiscard]] std::string_view event_of(std::string_view message);

/// What the flags of a request say, once its headers are there.
[[nodiscard]] std::vector<std::string_view> request_events(const htp_tx_t& tx);

/// The request's path or query is still encoded once it has been decoded.
[[nodiscard]] bool encoded_twice(const htp_tx_t& tx);

} // namespace nfsieve::http
