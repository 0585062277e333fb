// SPDX-License-Identifier: GPL-2.0-or-later
// Hand-made RST segments for the `reject` action.
#pragma once

#include "nfsieve/base/address.h"
#include "nfsieve/base/bytes.h"

#include <array>
#include <cstdint>

namespace nfsieve {

/// Who is told that the connection is over, and from which point.
struct ResetRequest {
    Address source, destination; ///< as they stand in the RST: `destination` is the end that is told
    std::uint16_t source_port = 0, destination_port = 0;
    std::uint32_t sequence = 0; ///< what the told end expects next (RFC 5961 section 3.2: exactly RCV.NXT)
    std::uint32_t acknowledgment = 0; ///< with ACK set; right also in SYN-SENT
};

/// A whole IP packet, checksums included.
struct ResetPacket {
    std::array<std::uint8_t, 60> data{};
    std::size_t size = 0;
    [[nodiscard]] Bytes bytes() const { return Bytes(data).first(size); }
};

/// Builds RST|ACK, hop limit 64, no options. Both addresses are of one family. Never fails, never allocates.
[[nodiscard]] ResetPacket build_reset(const ResetRequest& request);

} // namespace nfsieve
