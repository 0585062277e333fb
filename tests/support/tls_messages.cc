// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls_messages.h"

#include <algorithm>

namespace nfsieve::test {

std::string from_hex(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    return bytes;
}

std::string to_hex(Bytes bytes) {
    std::string hex;
    for (const std::uint8_t byte : bytes)
        for (const int digit : {byte >> 4, byte & 15})
            hex += "0123456789abcdef"[digit];
    return hex;
}

std::string number(std::uint64_t value, std::size_t bytes) {
    std::string text;
    for (std::size_t i = bytes; i-- > 0;)
        text += static_cast<char>(value >> (8 * i) & 0xff);
    return text;
}

std::string counted(std::string_view content, std::size_t bytes) {
    return number(content.size(), bytes) + std::string(content);
}

std::string record(std::uint8_t type, std::string_view body, std::uint16_t version) {
    return number(type, 1) + number(version, 2) + counted(body, 2);
}

std::string records(std::string_view handshake_bytes, std::size_t size) {
    std::string text;
    for (; !handshake_bytes.empty(); handshake_bytes.remove_prefix(std::min(size, handshake_bytes.size())))
        text += record(handshake, handshake_bytes.substr(0, size));
    return text;
}

std::string message(std::uint8_t type, std::string_view body) {
    return number(type, 1) + counted(body, 3);
}

std::string extension(std::uint16_t type, std::string_view data) {
    return number(type, 2) + counted(data, 2);
}

std::string sni(std::string_view name) {
    return extension(0, counted(number(0, 1) + counted(name, 2), 2));
}

std::string alpn(const std::vector<std::string>& protocols) {
    std::string list;
    for (const std::string& protocol : protocols)
        list += counted(protocol, 1);
    return extension(16, counted(list, 2));
}

std::string numbers(const std::vector<std::uint16_t>& list, std::size_t length_bytes) {
    std::string text;
    for (const std::uint16_t each : list)
        text += number(each, 2);
    return counted(text, length_bytes);
}

std::string client_hello(const ClientHelloSpec& spec) {
    std::string body = number(spec.version, 2) + std::string(32, 'r') + counted("", 1) +
                       numbers(spec.suites, 2) + counted(number(0, 1), 1);
    if (!spec.extensions.empty())
        body += counted(spec.extensions, 2);
    return message(1, body);
}

std::string server_hello(std::uint16_t version, std::string_view extensions, const std::string& random) {
    return message(2, number(version, 2) + random + counted("", 1) + number(0xc02f, 2) + number(0, 1) +
                          counted(extensions, 2));
}

std::string server_hello_13() {
    return server_hello(0x0303, extension(43, number(0x0304, 2)));
}

std::string retry_request() {
    return server_hello(0x0303, extension(43, number(0x0304, 2)),
                        from_hex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"));
}

std::string certificates(const std::vector<std::string>& chain) {
    std::string list;
    for (const std::string& each : chain)
        list += counted(each, 3);
    return message(11, counted(list, 3));
}

} // namespace nfsieve::test
