// SPDX-License-Identifier: GPL-2.0-or-later
#include "gso.h"

#include <gtest/gtest.h>

#include <cstring>

namespace links {
namespace {

constexpr std::size_t mss = 1000;
constexpr std::size_t tcp_header = 32;

void put16(Frame& frame, std::size_t at, std::size_t value) {
    frame[at] = static_cast<std::byte>(value >> 8U & 0xffU);
    frame[at + 1] = static_cast<std::byte>(value & 0xffU);
}

std::uint32_t get16(const Frame& frame, std::size_t at) {
    return std::to_integer<std::uint32_t>(frame[at]) << 8U | std::to_integer<std::uint32_t>(frame[at + 1]);
}

std::uint32_t sum16(const Frame& frame, std::size_t from, std::size_t size) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < size; i += 2) {
        sum += get16(frame, from + i);
    }
    while (sum > 0xffffU) {
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    return sum;
}

// Where things are in a frame of an IP version.
struct Places {
    explicit Places(int version) : tcp(10 + (version == 4 ? 20U : 40U)), payload(tcp + tcp_header) {}
    std::size_t ip = 10;
    std::size_t tcp;
    std::size_t payload;
};

// What the pseudo header adds up to, with the length of the frame as it is.
std::uint32_t pseudo_sum(const Frame& frame, int version) {
    const Places at(version);
    Frame pseudo(frame.begin() + static_cast<std::ptrdiff_t>(at.ip + (version == 4 ? 12 : 8)),
                 frame.begin() + static_cast<std::ptrdiff_t>(at.tcp));
    pseudo.resize(pseudo.size() + 4);
    put16(pseudo, pseudo.size() - 4, 6);
    put16(pseudo, pseudo.size() - 2, frame.size() - at.tcp);
    return sum16(pseudo, 0, pseudo.size());
}

// `length` payload bytes, each the low byte of its place.
Frame long_packet(int version, std::size_t length) {
    const Places at(version);
    Frame frame(at.payload + length);
    const OffloadHeader offload{.flags = 1,
                                .gso_type = static_cast<std::uint8_t>(version == 4 ? 1 : 4),
                                .hdr_len = static_cast<std::uint16_t>(at.payload - 10),
                                .gso_size = mss,
                                .csum_start = static_cast<std::uint16_t>(at.tcp - 10),
                                .csum_offset = 16};
    std::memcpy(frame.data(), &offload, sizeof offload);
    frame[at.ip] = version == 4 ? std::byte{0x45} : std::byte{0x60};
    put16(frame, at.ip + (version == 4 ? 2 : 4), version == 4 ? frame.size() - 10 : frame.size() - at.tcp);
    if (version == 4) {
        put16(frame, at.ip + 4, 0xffff); // the identification
    }
    for (std::size_t i = at.ip + (version == 4 ? 12 : 8); i < at.tcp; ++i) {
        frame[i] = static_cast<std::byte>(i * 37);
    }
    put16(frame, at.tcp + 4, 0xffff); // sequence number 0xfffffff0
    put16(frame, at.tcp + 6, 0xfff0);
    frame[at.tcp + 12] = static_cast<std::byte>(tcp_header / 4 << 4U);
    frame[at.tcp + 13] = std::byte{0x99}; // CWR, ACK, PSH, FIN
    put16(frame, at.tcp + 16, pseudo_sum(frame, version));
    for (std::size_t i = 0; i < length; ++i) {
        frame[at.payload + i] = static_cast<std::byte>(i);
    }
    return frame;
}

OffloadHeader offload_of(const Frame& frame) {
    OffloadHeader header{};
    std::memcpy(&header, frame.data(), sizeof header);
    return header;
}

class Gso : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Versions, Gso, testing::Values(4, 6));

TEST_P(Gso, ALongPacketCountsAsWhatItBecomesOnTheWire) {
    const Frame frame = long_packet(GetParam(), 2500);
    const std::size_t headers = Places(GetParam()).payload - 10;
    EXPECT_EQ(train_of(frame).packets, 3U);
    EXPECT_EQ(train_of(frame).bytes, 2500 + 3 * headers);
}

TEST_P(Gso, APieceHoldsItsPartOfTheStream) {
    const Places at(GetParam());
    const Frame piece = cut(long_packet(GetParam(), 4500), 1, 3);
    ASSERT_EQ(piece.size(), at.payload + 2000);
    EXPECT_EQ(get16(piece, at.tcp + 4), 0U); // 0xfffffff0 + 1000, over the end of the sequence space
    EXPECT_EQ(get16(piece, at.tcp + 6), 984U);
    EXPECT_EQ(piece[at.payload], static_cast<std::byte>(1000 % 256));
    EXPECT_EQ(piece.back(), static_cast<std::byte>(2999 % 256));
    EXPECT_EQ(offload_of(piece).gso_size, mss);
}

TEST_P(Gso, LengthsAndChecksumsOfAPieceAreRight) {
    const Places at(GetParam());
    const Frame piece = cut(long_packet(GetParam(), 4500), 3, 5);
    ASSERT_EQ(piece.size(), at.payload + 1500);
    EXPECT_EQ(get16(piece, at.tcp + 16), pseudo_sum(piece, GetParam()));
    if (GetParam() == 4) {
        EXPECT_EQ(get16(piece, at.ip + 2), piece.size() - 10);
        EXPECT_EQ(get16(piece, at.ip + 4), 2U);
        EXPECT_EQ(sum16(piece, at.ip, 20), 0xffffU);
    } else {
        EXPECT_EQ(get16(piece, at.ip + 4), piece.size() - at.tcp);
    }
}

TEST_P(Gso, OnlyTheLastPieceEndsTheStreamAndOnlyTheFirstAnswersCongestion) {
    const std::size_t flags = Places(GetParam()).tcp + 13;
    const Frame frame = long_packet(GetParam(), 2500);
    EXPECT_EQ(cut(frame, 0, 1)[flags], std::byte{0x90});
    EXPECT_EQ(cut(frame, 1, 2)[flags], std::byte{0x10});
    EXPECT_EQ(cut(frame, 1, 3)[flags], std::byte{0x19});
}

TEST_P(Gso, APieceOfOnePacketIsAnOrdinaryOne) {
    const Frame piece = cut(long_packet(GetParam(), 2500), 2, 3);
    EXPECT_EQ(offload_of(piece).gso_type, 0);
    EXPECT_EQ(train_of(piece).packets, 1U);
    EXPECT_EQ(train_of(piece).bytes, piece.size() - 10);
}

} // namespace
} // namespace links
