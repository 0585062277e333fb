// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/engine/config.h"

namespace nfsieve {

const char* name(Cause cause) {
    static constexpr std::array<const char*, cause_count> names = {
        "memcap",       "gap",     "truncated",         "malformed",         "matcher_error",
        "unverifiable", "urgent",  "fast_open",         "one_way",           "expired",
        "midstream",    "spoofed", "ambiguous_request", "ambiguous_response"};
    return cause < Cause::count_ ? names[static_cast<std::size_t>(cause)] : "unknown";
}

} // namespace nfsieve
