// SPDX-License-Identifier: GPL-2.0-or-later
// Writes SSH packets in the clear for the tests (RFC 4253, 6).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nfsieve::test {

inline constexpr std::uint8_t kexinit = 20, newkeys = 21, kexdh_init = 30, kexdh_reply = 31;

/// One packet, padded to a multiple of 8 bytes.
[[nodiscard]] std::string ssh_packet(std::uint8_t type, std::string_view content = "");
/// What a client or a server says up to the first encrypted byte.
[[nodiscard]] std::string ssh_client_hello();
[[nodiscard]] std::string ssh_server_hello();

} // namespace nfsieve::test
