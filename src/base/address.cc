// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/base/address.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace nfsieve {
namespace {

/// Clears the bits behind `length`.
Address network_of(const Address& address, std::uint8_t length) {
    Address network = address;
    for (std::size_t i = 0; i < 16; ++i) {
        const int kept = std::clamp(static_cast<int>(length) - static_cast<int>(i) * 8, 0, 8);
        network.bytes[i] = static_cast<std::uint8_t>(network.bytes[i] & (0xff00 >> kept));
    }
    return network;
}

} // namespace

std::string Address::to_string() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (is_v4())
        ::inet_ntop(AF_INET, &bytes[12], text.data(), text.size());
    else
        ::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
    return text.data();
}

bool Prefix::contains(const Address& candidate) const {
    return network_of(candidate, length) == address;
}

Result<Prefix> parse_prefix(std::string_view text) {
    const auto slash = text.find('/');
    const std::string host(text.substr(0, slash));
    std::array<std::uint8_t, 16> raw{};
    const bool v4 = ::inet_pton(AF_INET, host.c_str(), raw.data()) == 1;
    if (!v4 && ::inet_pton(AF_INET6, host.c_str(), raw.data()) != 1)
        return Error{"\"" + std::string(text) +
                     "\" is not an address; write one like 10.0.0.0/8 or fd00::/8"};

    const unsigned bits = v4 ? 32 : 128;
    unsigned length = bits;
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
        if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() || length > bits)
            return Error{"\"" + std::string(text) + "\" has no prefix length between 0 and " +
                         std::to_string(bits) + " behind its slash"};
    }
    Prefix prefix;
    prefix.address = v4 ? Address::v4(raw.data()) : Address::v6(raw.data());
    prefix.length = static_cast<std::uint8_t>(128 - bits + length);
    const Address network = network_of(prefix.address, prefix.length);
    if (network != prefix.address)
        return Error{"\"" + std::string(text) + "\" has bits set behind its prefix length; did you mean " +
                     network.to_string() + "/" + std::to_string(length) + "?"};
    return prefix;
}

} // namespace nfsieve
