// SPDX-License-Identifier: GPL-2.0-or-later
// What inspection may cost.
#pragma once

#include <cstddef>

namespace nfsieve {

/// Caps of the parsers.
struct AppParserLimits {
    std::size_t body_window = 65536; ///< bytes of a body that are kept and can be looked at together
    std::size_t header_size = 65536; ///< of all header lines of one message
    std::size_t expansion = 100;     ///< decoded bytes for each compressed one (beyond 1 MiB), else failed
    std::size_t layers = 4;          ///< nested content encodings
    std::size_t transactions = 64;   ///< pipelined and unanswered
    std::size_t handshake = 131072;  ///< bytes of TLS handshake messages in one direction
    bool operator==(const AppParserLimits&) const = default;
};

/// Caps of payload signatures.
struct SignatureLimits {
    std::size_t window =
        768; ///< payload bytes of each direction that are kept to be looked at with later ones
    bool operator==(const SignatureLimits&) const = default;
};

} // namespace nfsieve
