// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/app_parser.h"
#include "tls_messages.h"
#include "tls_recordings.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

using namespace test;

Likeness client(std::string_view first) {
    return looks_like_tls(Side::client, as_bytes(first));
}
Likeness server(std::string_view first) {
    return looks_like_tls(Side::server, as_bytes(first));
}

/// The first size at which the answer is no longer `more`, and that answer.
std::pair<std::size_t, Likeness> decided(Side sender, std::string_view bytes) {
    for (std::size_t size = 0; size <= bytes.size(); ++size)
        if (const Likeness now = looks_like_tls(sender, as_bytes(bytes.substr(0, size)));
            now != Likeness::more)
            return {size, now};
    return {bytes.size() + 1, Likeness::more};
}

TEST(TlsLikeness, KnowsHellosBySixBytes) {
    EXPECT_EQ(decided(Side::client, from_hex(mutual_tls12[0].hex)), std::pair(std::size_t{6}, Likeness::yes));
    EXPECT_EQ(decided(Side::server, from_hex(mutual_tls12[1].hex)), std::pair(std::size_t{6}, Likeness::yes));
    EXPECT_EQ(server(from_hex(mutual_tls12[0].hex)), Likeness::no);
    EXPECT_EQ(client(from_hex(mutual_tls12[1].hex)), Likeness::no);
    for (std::uint16_t version = 0x0300; version <= 0x0304; ++version)
        EXPECT_EQ(client(record(handshake, "\x01", version)), Likeness::yes);
    EXPECT_EQ(server(record(handshake, message(0, ""))), Likeness::yes);
}

TEST(TlsLikeness, SaysNoAtTheFirstByteThatRulesItOut) {
    const auto no_at = [](std::size_t size) { return std::pair(size, Likeness::no); };
    EXPECT_EQ(decided(Side::client, "GET / HTTP/1.1"), no_at(1));
    EXPECT_EQ(decided(Side::client, from_hex("160201")), no_at(2));
    EXPECT_EQ(decided(Side::client, from_hex("160301ff00")), no_at(4));
    EXPECT_EQ(decided(Side::client, from_hex("1603010100ff")), no_at(6));
    EXPECT_EQ(decided(Side::client, from_hex("1703010100ff")), no_at(1));
    EXPECT_EQ(decided(Side::client, from_hex("15030100ff")), no_at(5));
    EXPECT_EQ(client(""), Likeness::more);
}

TEST(TlsLikeness, LooksBehindAlertsAndEmptyRecordsOfAClient) {
    const std::string warning = record(alert, std::string("\x01\x00", 2)), empty = record(handshake, "");
    EXPECT_EQ(client(warning), Likeness::more);
    EXPECT_EQ(client(warning + empty + record(handshake, "\x01")), Likeness::yes);
    EXPECT_EQ(client(warning + "SSH-2.0"), Likeness::no);
    EXPECT_EQ(server(empty + record(handshake, "\x02")), Likeness::yes);
    std::string flood;
    for (int i = 0; i < 20; ++i)
        flood += empty;
    EXPECT_EQ(client(flood), Likeness::no);
}

TEST(TlsLikeness, TakesAnAlertAsAServersAnswer) {
    EXPECT_EQ(server(record(alert, std::string("\x02\x28", 2))), Likeness::yes);
}

TEST(TlsLikeness, KnowsSslv2HellosWhoseLengthsAddUp) {
    const std::string sslv2 = from_hex("801c"
                                       "01"
                                       "0301"
                                       "0003"
                                       "0000"
                                       "0010"
                                       "00002f") +
                              std::string(16, 'c');
    EXPECT_EQ(decided(Side::client, sslv2), std::pair(std::size_t{11}, Likeness::yes));
    std::string lies = sslv2;
    lies[1] = 0x1d;
    EXPECT_EQ(decided(Side::client, lies), std::pair(std::size_t{11}, Likeness::no));
    EXPECT_EQ(decided(Side::client, "\x80\x1c\x02"), std::pair(std::size_t{3}, Likeness::no));
    EXPECT_EQ(decided(Side::server, from_hex("842b0400010002")), std::pair(std::size_t{7}, Likeness::yes));
    EXPECT_EQ(decided(Side::server, from_hex("842b05")), std::pair(std::size_t{3}, Likeness::no));
}

} // namespace
} // namespace nfsieve
