// SPDX-License-Identifier: GPL-2.0-or-later
// How libhtp is set up: Suricata's defaults, its limits replaced by ours.
#pragma once

#include "htp_handles.h"
#include "nfsieve/inspect/limits.h"

namespace nfsieve::http {

class HttpParser;

/// A configuration whose hooks call the HttpParser that is the connection's user data. Null: no memory.
[[nodiscard]] Config make_config(const AppParserLimits& limits);

/// A connection of it. Null: no memory.
[[nodiscard]] Connection open_connection(htp_cfg_t& config, HttpParser& parser);

} // namespace nfsieve::http
