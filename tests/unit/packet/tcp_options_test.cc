// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/packet/decode.h"

#include "packets.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

using test::Buffer;

Decoded decode_options(Buffer options) {
    test::TcpPacket packet;
    packet.options = std::move(options);
    Decoded decoded = decode(test::build(packet));
    decoded.segment.payload = {}; // its buffer is gone
    decoded.segment.packet = {};
    return decoded;
}

TcpOptions options(Buffer bytes) {
    const Decoded decoded = decode_options(std::move(bytes));
    EXPECT_EQ(decoded.status, DecodeStatus::tcp);
    return decoded.segment.options;
}

TEST(TcpOptions, ReadsThoseOfALinuxSyn) {
    const TcpOptions read = options({2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 1, 2, 0, 0, 3, 4, 1, 3, 3, 7});
    EXPECT_TRUE(read.has_mss);
    EXPECT_EQ(read.mss, 1460);
    EXPECT_TRUE(read.sack_permitted);
    EXPECT_TRUE(read.has_timestamps);
    EXPECT_EQ(read.timestamp, 0x102U);
    EXPECT_EQ(read.timestamp_echo, 0x304U);
    EXPECT_TRUE(read.has_window_scale);
    EXPECT_EQ(read.window_scale, 7);
    EXPECT_FALSE(read.fast_open || read.mptcp || read.md5);
}

TEST(TcpOptions, WindowScaleEndsAt14) {
    EXPECT_EQ(options({3, 3, 255}).window_scale, 14);
}

TEST(TcpOptions, NoticesFastOpenMptcpAndMd5) {
    EXPECT_TRUE(options({34, 2}).fast_open);
    EXPECT_TRUE(options({34, 10, 1, 2, 3, 4, 5, 6, 7, 8}).fast_open);
    EXPECT_TRUE(options({254, 4, 0xf9, 0x89}).fast_open);
    EXPECT_FALSE(options({254, 4, 0x12, 0x34}).fast_open);
    EXPECT_TRUE(options({30, 4, 0, 1}).mptcp);
    Buffer md5(18);
    md5[0] = 19;
    md5[1] = 18;
    EXPECT_TRUE(options(md5).md5);
}

TEST(TcpOptions, WhatStandsBehindTheEndIsNotRead) {
    EXPECT_FALSE(options({0, 30, 4, 0}).mptcp);
    EXPECT_FALSE(options({0, 8, 1, 0}).has_timestamps);
}

TEST(TcpOptions, AKnownKindOfForeignLengthCountsAsAbsent) {
    const TcpOptions read = options({2, 3, 1, 3, 4, 7, 7, 8, 3, 1});
    EXPECT_FALSE(read.has_mss || read.has_window_scale || read.has_timestamps);
}

TEST(TcpOptions, LengthsThatLieAreMalformedAndKeepWhatStoodBefore) {
    for (const Buffer& bad :
         {Buffer{4, 2, 8, 0}, Buffer{4, 2, 8, 1}, Buffer{4, 2, 8, 40}, Buffer{4, 2, 1, 8}}) {
        const Decoded decoded = decode_options(bad);
        EXPECT_EQ(decoded.malformed, Malformed::bad_tcp_option);
        EXPECT_TRUE(decoded.segment.options.sack_permitted);
        EXPECT_FALSE(decoded.segment.options.has_timestamps);
    }
}

} // namespace
} // namespace nfsieve
