// SPDX-License-Identifier: GPL-2.0-or-later
// Owners and views of what libhtp hands out.
#pragma once

#include "nfsieve/base/bytes.h"

#include <htp/htp.h>

#include <memory>
#include <string_view>

namespace nfsieve::http {

struct ConfigDestroy {
    void operator()(htp_cfg_t* config) const { htp_config_destroy(config); }
};
using Config = std::unique_ptr<htp_cfg_t, ConfigDestroy>;

/// Destroys the connection and its transactions with it.
struct ConnectionDestroy {
    void operator()(htp_connp_t* connection) const { htp_connp_destroy_all(connection); }
};
using Connection = std::unique_ptr<htp_connp_t, ConnectionDestroy>;

/// A libhtp string, borrowed; empty where there is none.
[[nodiscard]] inline std::string_view text(const bstr* string) {
    return string == nullptr
               ? std::string_view{}
               : std::string_view{reinterpret_cast<const char*>(bstr_ptr(string)), bstr_len(string)};
}

} // namespace nfsieve::http
