// SPDX-License-Identifier: GPL-2.0-or-later
#include "divert_message.h"

#include "netlink_bytes.h"

#include <cerrno>
#include <gtest/gtest.h>

namespace nfsieve {
namespace {

using namespace test;
using Kind = DivertAnswer::Kind;

// linux/netfilter/nf_tables.h
constexpr std::uint16_t new_table = 10 << 8 | 0, new_object = 10 << 8 | 18;
constexpr std::uint16_t new_rule = 10 << 8 | 6, done = 3;
constexpr std::uint16_t table_name = 1, table_handle = 4;
constexpr std::uint16_t object_table = 1, object_name = 2, object_data = 4, nested = 0x8000;
constexpr std::uint16_t counter_bytes = 1, counter_packets = 2;

const Buffer inet_family{1, 0, 0, 0};

Buffer be64(std::uint64_t value) {
    return be32(static_cast<std::uint32_t>(value >> 32)) + be32(static_cast<std::uint32_t>(value));
}

Buffer text(std::string_view value) {
    Buffer bytes(value.begin(), value.end());
    bytes.push_back(0);
    return bytes;
}

Buffer table_answer(std::uint64_t handle, std::uint32_t sequence) {
    return netlink(new_table,
                   inet_family + attribute(table_name, text("nfsieve")) +
                       attribute(table_handle, be64(handle)),
                   sequence);
}

Buffer counter_answer(std::uint64_t packets, std::uint32_t sequence) {
    const Buffer data = attribute(counter_bytes, be64(99)) + attribute(counter_packets, be64(packets));
    return netlink(new_object,
                   inet_family + attribute(object_table, text("nfsieve")) +
                       attribute(object_name, text("diverted")) + attribute(object_data | nested, data),
                   sequence);
}

Buffer error_answer(std::int32_t code, std::uint32_t sequence) {
    Buffer body;
    append_native(body, code);
    return netlink(2, body, sequence);
}

TEST(DivertMessage, ATableHasAHandle) {
    const DivertAnswer answer = parse_divert_answer(table_answer(0x100000007ULL, 5), 5);
    EXPECT_EQ(answer.kind, Kind::value);
    EXPECT_EQ(answer.value, 0x100000007ULL);
}

TEST(DivertMessage, ACounterHasItsPackets) {
    const DivertAnswer answer = parse_divert_answer(counter_answer(1ULL << 40, 6), 6);
    EXPECT_EQ(answer.kind, Kind::value);
    EXPECT_EQ(answer.value, 1ULL << 40);
}

TEST(DivertMessage, WhatIsNotThereIsToldFromWhatIsRefused) {
    EXPECT_EQ(parse_divert_answer(error_answer(-ENOENT, 1), 1).kind, Kind::missing);
    const DivertAnswer refused = parse_divert_answer(error_answer(-EPERM, 1), 1);
    EXPECT_EQ(refused.kind, Kind::refused);
    EXPECT_EQ(refused.error, EPERM);
}

TEST(DivertMessage, TheListOfAChainsRulesEnds) {
    const Buffer rule = netlink(new_rule, inet_family + attribute(table_name, text("nfsieve")), 2);
    EXPECT_EQ(parse_divert_answer(rule, 2).kind, Kind::value);
    EXPECT_EQ(parse_divert_answer(netlink(done, be32(0), 2), 2).kind, Kind::missing);
    EXPECT_EQ(parse_divert_answer(netlink(done, be32(0), 1), 2).kind, Kind::other);
}

TEST(DivertMessage, AnAnswerToAnotherRequestIsNone) {
    EXPECT_EQ(parse_divert_answer(table_answer(1, 4), 5).kind, Kind::other);
    EXPECT_EQ(parse_divert_answer(error_answer(-ENOENT, 4), 5).kind, Kind::other);
}

TEST(DivertMessage, CutAndLyingAnswersAreNoValue) {
    for (const Buffer& whole : {table_answer(7, 1), counter_answer(7, 1), error_answer(-ENOENT, 1)}) {
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
            EXPECT_EQ(parse_divert_answer(cut, 1).kind, Kind::other) << size;
        }
        for (std::size_t at = 20; at < whole.size(); ++at) {
            Buffer lying = whole;
            lying[at] ^= 0xff;
            (void)parse_divert_answer(lying, 1); // under the sanitizers
        }
    }
    const Buffer short_handle = netlink(new_table, inet_family + attribute(table_handle, be32(1)), 1);
    EXPECT_EQ(parse_divert_answer(short_handle, 1).kind, Kind::refused);
}

TEST(DivertMessage, RequestsNameTheTableAndTheCounter) {
    const auto request = counter_request("nfsieve_host", "diverted", 3);
    const std::string bytes(request.begin(), request.end());
    EXPECT_NE(bytes.find("nfsieve_host"), std::string::npos);
    EXPECT_NE(bytes.find("diverted"), std::string::npos);
    EXPECT_EQ(request[20 - 4], 1); // NFPROTO_INET, behind the netlink header
}

} // namespace
} // namespace nfsieve
