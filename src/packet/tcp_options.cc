// SPDX-License-Identifier: GPL-2.0-or-later
#include "header_reader.h"

#include <algorithm>

namespace nfsieve {
namespace {

// IANA's "TCP Option Kind Numbers".
enum Kind : std::uint8_t {
    end_of_options = 0,
    no_operation = 1,
    maximum_segment_size = 2,
    window_scale = 3,
    sack_permitted = 4,
    timestamps = 8,
    md5_signature = 19,
    multipath = 30,
    fast_open = 34,
    experiment = 254,
};

constexpr std::uint16_t fast_open_experiment = 0xf989; // RFC 7413, appendix
constexpr std::uint8_t largest_window_scale = 14;

/// One option whose length is known to fit. As in the kernel's tcp_parse_options(), a known kind with a
/// length that is not its own counts as absent.
void read_option(std::uint8_t kind, Bytes value, TcpOptions& into) {
    switch (kind) {
    case maximum_segment_size:
        if (value.size() == 2) {
            into.has_mss = true;
            into.mss = load_be16(value.data());
        }
        break;
    case window_scale:
        if (value.size() == 1) {
            into.has_window_scale = true;
            into.window_scale = std::min(value[0], largest_window_scale);
        }
        break;
    case sack_permitted:
        into.sack_permitted = into.sack_permitted || value.empty();
        break;
    case timestamps:
        if (value.size() == 8) {
            into.has_timestamps = true;
            into.timestamp = load_be32(value.data());
            into.timestamp_echo = load_be32(value.data() + 4);
        }
        break;
    case md5_signature:
        into.md5 = into.md5 || value.size() == 16;
        break;
    case multipath:
        into.mptcp = true;
        break;
    case fast_open:
        into.fast_open = true;
        break;
    case experiment:
        into.fast_open =
            into.fast_open || (value.size() >= 2 && load_be16(value.data()) == fast_open_experiment);
        break;
    default:
        break;
    }
}

} // namespace

bool read_tcp_options(Bytes options, TcpOptions& into) {
    while (!options.empty()) {
        const std::uint8_t kind = options[0];
        if (kind == end_of_options)
            return true;
        if (kind == no_operation) {
            options = options.subspan(1);
            continue;
        }
        if (options.size() < 2 || options[1] < 2 || options[1] > options.size())
            return false;
        read_option(kind, options.subspan(2, options[1] - std::size_t{2}), into);
        options = options.subspan(options[1]);
    }
    return true;
}

} // namespace nfsieve
