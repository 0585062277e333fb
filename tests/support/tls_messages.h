// SPDX-License-Identifier: GPL-2.0-or-later
// Writes TLS messages for the tests (RFC 5246, RFC 8446).
#pragma once

#include "nfsieve/base/bytes.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nfsieve::test {

[[nodiscard]] std::string from_hex(std::string_view hex);
[[nodiscard]] std::string to_hex(Bytes bytes);
/// The last `bytes` bytes of a number, the highest first.
[[nodiscard]] std::string number(std::uint64_t value, std::size_t bytes);
/// `content` behind its length in `bytes` bytes.
[[nodiscard]] std::string counted(std::string_view content, std::size_t bytes);

[[nodiscard]] std::string record(std::uint8_t type, std::string_view body, std::uint16_t version = 0x0303);
/// `handshake` cut into records of at most `size` bytes.
[[nodiscard]] std::string records(std::string_view handshake, std::size_t size);
[[nodiscard]] std::string message(std::uint8_t type, std::string_view body);
[[nodiscard]] std::string extension(std::uint16_t type, std::string_view data);
[[nodiscard]] std::string sni(std::string_view name);
[[nodiscard]] std::string alpn(const std::vector<std::string>& protocols);
/// Numbers of two bytes behind their length in `length_bytes` bytes.
[[nodiscard]] std::string numbers(const std::vector<std::uint16_t>& list, std::size_t length_bytes);

struct ClientHelloSpec {
    std::uint16_t version = 0x0303;
    std::vector<std::uint16_t> suites = {0x1301, 0xc02f};
    std::string extensions = {};
};
/// The message without a record; the random is 32 bytes of 'r', the session id empty.
[[nodiscard]] std::string client_hello(const ClientHelloSpec& spec);
/// `random`: 32 bytes.
[[nodiscard]] std::string server_hello(std::uint16_t version, std::string_view extensions,
                                       const std::string& random = std::string(32, 's'));
/// A ServerHello that chooses TLS 1.3, and one that asks for another hello.
[[nodiscard]] std::string server_hello_13();
[[nodiscard]] std::string retry_request();
[[nodiscard]] std::string certificates(const std::vector<std::string>& chain);

inline constexpr std::uint8_t change_cipher_spec = 20, alert = 21, handshake = 22, application_data = 23,
                              heartbeat = 24;

} // namespace nfsieve::test
