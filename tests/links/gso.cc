// SPDX-License-Identifier: GPL-2.0-or-later
#include "gso.h"

#include <algorithm>
#include <cstring>

namespace links {

namespace {

constexpr std::size_t ipv6_header = 40;
constexpr std::byte fin_psh{0x09};
constexpr std::byte cwr{0x80};

std::uint32_t load(const std::byte* at, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
        value = value << 8U | std::to_integer<std::uint32_t>(at[i]);
    }
    return value;
}

void store(std::byte* at, std::size_t size, std::size_t value) {
    for (std::size_t i = size; i-- > 0; value >>= 8U) {
        at[i] = static_cast<std::byte>(value & 0xffU);
    }
}

std::uint32_t fold(std::uint32_t sum) {
    while (sum > 0xffffU) {
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    return sum;
}

void write_ipv4_checksum(std::byte* ip) {
    const std::size_t length = (load(ip, 1) & 0xfU) * 4;
    store(ip + 10, 2, 0);
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < length; i += 2) {
        sum += load(ip + i, 2);
    }
    store(ip + 10, 2, ~fold(sum) & 0xffffU);
}

struct Layout {
    OffloadHeader offload{};
    std::size_t headers = 0; // IP and TCP
    std::size_t payload = 0;
};

// Nothing to cut where gso_type is 0 in the result.
Layout layout_of(const Frame& frame) {
    Layout layout;
    if (frame.size() < sizeof layout.offload) {
        return layout;
    }
    std::memcpy(&layout.offload, frame.data(), sizeof layout.offload);
    const std::size_t packet = frame.size() - sizeof layout.offload;
    const std::size_t tcp = layout.offload.csum_start;
    if (layout.offload.gso_size == 0 || packet < tcp + 20) {
        layout.offload.gso_type = 0;
        return layout;
    }
    layout.headers = tcp + (load(frame.data() + sizeof layout.offload + tcp + 12, 1) >> 4U) * 4;
    layout.payload = packet - std::min(packet, layout.headers);
    return layout;
}

} // namespace

Train train_of(const Frame& frame) {
    const Layout layout = layout_of(frame);
    const std::size_t length = frame.size() - std::min(frame.size(), sizeof(OffloadHeader));
    if (layout.offload.gso_type == 0 || layout.payload == 0) {
        return {.packets = 1, .bytes = length};
    }
    const std::size_t packets = (layout.payload + layout.offload.gso_size - 1) / layout.offload.gso_size;
    return {.packets = packets, .bytes = length + (packets - 1) * layout.headers};
}

Frame cut(const Frame& frame, std::size_t first, std::size_t end) {
    Layout layout = layout_of(frame);
    const std::size_t size = layout.offload.gso_size;
    const std::size_t from = first * size;
    const std::size_t to = std::min(end * size, layout.payload);
    const std::size_t headers_end = sizeof layout.offload + layout.headers;
    const auto payload = frame.begin() + static_cast<std::ptrdiff_t>(headers_end);

    Frame piece(frame.begin(), payload);
    piece.insert(piece.end(), payload + static_cast<std::ptrdiff_t>(from),
                 payload + static_cast<std::ptrdiff_t>(to));
    std::byte* ip = piece.data() + sizeof layout.offload;
    std::byte* tcp = ip + layout.offload.csum_start;

    store(tcp + 4, 4, load(tcp + 4, 4) + from); // the sequence number
    tcp[13] &= to < layout.payload ? ~fin_psh : std::byte{0xff};
    tcp[13] &= first > 0 ? ~cwr : std::byte{0xff};
    // The field holds the sum of the pseudo header, of which the length is a part; the rest is added on the
    // way out.
    const std::size_t header = layout.headers - layout.offload.csum_start;
    store(tcp + 16, 2,
          fold(load(tcp + 16, 2) +
               static_cast<std::uint32_t>((~(header + layout.payload) & 0xffffU) + header + to - from)));
    if (load(ip, 1) >> 4U == 4) {
        store(ip + 2, 2, layout.headers + to - from);
        store(ip + 4, 2, load(ip + 4, 2) + first); // the identification
        write_ipv4_checksum(ip);
    } else {
        store(ip + 4, 2, layout.headers + to - from - ipv6_header);
    }
    if (to - from <= size) {
        layout.offload.gso_type = 0;
        layout.offload.gso_size = 0;
    }
    std::memcpy(piece.data(), &layout.offload, sizeof layout.offload);
    return piece;
}

} // namespace links
