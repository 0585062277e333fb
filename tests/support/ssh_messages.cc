// SPDX-License-Identifier: GPL-2.0-or-later
#include "ssh_messages.h"

#include "tls_messages.h"

namespace nfsieve::test {

std::string ssh_packet(std::uint8_t type, std::string_view content) {
    constexpr std::size_t block = 8, least = 4;
    const std::size_t bare = 5 + 1 + content.size();
    const std::size_t padding = least + (block - (bare + least) % block) % block;
    return number(1 + 1 + content.size() + padding, 4) + number(padding, 1) + number(type, 1) +
           std::string(content) + std::string(padding, 'p');
}

std::string ssh_client_hello() {
    return "SSH-2.0-client_1.0\r\n" + ssh_packet(kexinit, std::string(1500, 'k')) +
           ssh_packet(kexdh_init, std::string(36, 'e')) + ssh_packet(newkeys);
}

std::string ssh_server_hello() {
    return "SSH-2.0-server_1.0 a comment\r\n" + ssh_packet(kexinit, std::string(1000, 'k')) +
           ssh_packet(kexdh_reply, std::string(300, 'r')) + ssh_packet(newkeys);
}

} // namespace nfsieve::test
