// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls_messages.h"
#include "tls_recorder.h"
#include "tls_recordings.h"

#include <gtest/gtest.h>
#include <span>

namespace nfsieve {
namespace {

using namespace test;
using Outcome = AppParser::Outcome;

const std::string hello = client_hello({.extensions = sni("www.example.org")});
const std::string hello_13 =
    client_hello({.extensions = sni("one.example") + extension(43, numbers({0x0304, 0x0303}, 1))});
const std::string hello_again =
    client_hello({.extensions = sni("two.example") + extension(43, numbers({0x0304}, 1))});
const std::string encrypted(40, '\xee');

std::vector<std::string> calls_of(std::span<const Spoken> spoken, std::size_t step) {
    Recorder heard;
    for (const Spoken& each : spoken) {
        const std::string bytes = from_hex(each.hex);
        for (std::size_t at = 0; at < bytes.size(); at += step)
            static_cast<void>(heard.feed(each.sender, std::string_view(bytes).substr(at, step)));
    }
    return heard.calls();
}

TEST(TlsParser, FollowsAHandshakeWithCertificatesOfBothEnds) {
    Recorder heard;
    Outcome outcome = Outcome::going;
    for (const Spoken& each : mutual_tls12) {
        EXPECT_EQ(outcome, Outcome::going);
        outcome = heard.feed(each.sender, from_hex(each.hex));
        if (outcome != Outcome::going)
            break;
    }
    EXPECT_EQ(outcome, Outcome::watching);
    ASSERT_EQ(heard.calls().size(), 7U);
    const std::vector<std::string> order = {
        " client headers",  " server headers",  " server body", " client body",
        " client complete", " server complete", " end"};
    for (std::size_t i = 0; i < order.size(); ++i)
        EXPECT_NE(heard.calls()[i].find(order[i]), std::string::npos) << heard.calls()[i];
    EXPECT_EQ(heard.last(Side::client, Buffer::tls_sni), "server.test");
    EXPECT_EQ(heard.last(Side::client, Buffer::tls_alpn, 0), "h2");
    EXPECT_EQ(heard.last(Side::client, Buffer::tls_alpn, 1), "http/1.1");
    EXPECT_EQ(heard.last(Side::client, Buffer::tls_alpn, 2), "(none)");
    EXPECT_EQ(heard.last(Side::client, Buffer::tls_version), "1.2");
    EXPECT_EQ(heard.last(Side::client, Buffer::tls_cert_subject), "O=Test Clients, CN=alice");
    EXPECT_EQ(heard.last(Side::client, Buffer::tls_cert_serial), "0B");
    EXPECT_EQ(heard.last(Side::client, Buffer::tls_cert_fingerprint),
              "74:5d:4d:86:bd:84:bc:40:9d:93:22:b2:ce:0b:d2:10:3e:e9:a8:a7");
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_alpn), "http/1.1");
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_version), "1.2");
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_cert_subject), "C=NL, O=Test Site, CN=server.test");
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_cert_issuer), "C=NL, O=Test Authority, CN=Test Root");
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_cert_serial), "00:80:AA:01");
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_cert_fingerprint),
              "13:d8:86:d9:6a:09:29:96:0c:82:7e:1b:29:16:17:c1:27:3c:e2:42");
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_certs, 0).size(), 353U);
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_certs, 1).size(), 445U);
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_certs, 2), "(none)");
    const std::string random = heard.last(Side::server, Buffer::tls_random);
    EXPECT_EQ(to_hex(as_bytes(random)).substr(0, 12), "ae919749daed");
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_random_time), random.substr(0, 4));
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_random_bytes), random.substr(4));
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_sni), "(none)");
}

TEST(TlsParser, FollowsAHandshakeThatBeginsTwice) {
    Recorder heard;
    for (const Spoken& each : retried_tls13)
        static_cast<void>(heard.feed(each.sender, from_hex(each.hex)));
    const std::vector<std::string> order = {" client headers",
                                            " server headers",
                                            " client headers",
                                            " server headers",
                                            " server complete",
                                            " client complete",
                                            " end"};
    ASSERT_EQ(heard.calls().size(), order.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        EXPECT_NE(heard.calls()[i].find(order[i]), std::string::npos) << heard.calls()[i];
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_version), "1.3");
    EXPECT_EQ(heard.last(Side::client, Buffer::tls_version), "1.3");
}

TEST(TlsParser, SaysTheSameHoweverTheBytesAreCut) {
    for (const std::span<const Spoken> spoken :
         {std::span<const Spoken>(mutual_tls12), std::span<const Spoken>(retried_tls13)}) {
        const auto whole = calls_of(spoken, 1000000);
        EXPECT_EQ(calls_of(spoken, 1), whole);
        EXPECT_EQ(calls_of(spoken, 7), whole);
    }
    const std::string bytes = from_hex(mutual_tls12[0].hex);
    Recorder whole;
    static_cast<void>(whole.feed(Side::client, bytes));
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        Recorder heard;
        static_cast<void>(heard.feed(Side::client, bytes.substr(0, cut)));
        EXPECT_TRUE(heard.calls().empty());
        static_cast<void>(heard.feed(Side::client, bytes.substr(cut)));
        EXPECT_EQ(heard.calls(), whole.calls());
    }
}

TEST(TlsParser, PutsMessagesTogetherFromRecordsOfAnySize) {
    for (const std::size_t size : {1U, 2U, 3U, 4U, 5U, 40U}) {
        Recorder heard;
        EXPECT_EQ(heard.feed(Side::client, records(hello, size)), Outcome::going);
        EXPECT_EQ(heard.last(Side::client, Buffer::tls_sni), "www.example.org") << size;
    }
    Recorder heard; // three messages in one record, with one that is empty and one that is not kept
    static_cast<void>(heard.feed(
        Side::server, record(handshake, message(0, "") + server_hello(0x0303, alpn({"h2"})) +
                                            message(12, "key exchange") + certificates({"no DER"}))));
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_alpn), "h2");
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_certs), "no DER");
}

TEST(TlsParser, ReadsOnAcrossAlertsAndEmptyRecordsWithinAMessage) {
    Recorder heard;
    static_cast<void>(heard.feed(
        Side::client, record(alert, std::string("\x01\x00", 2)) + record(handshake, "") +
                          record(handshake, hello.substr(0, 50)) + record(alert, std::string("\x01\x00", 2)) +
                          record(handshake, "") + record(handshake, hello.substr(50))));
    EXPECT_EQ(heard.last(Side::client, Buffer::tls_sni), "www.example.org");
}

TEST(TlsParser, ShowsTheNewestOfTwoHellosAndSpeaksOfBoth) {
    Recorder heard;
    static_cast<void>(heard.feed(Side::client, record(handshake, hello_13)));
    EXPECT_EQ(heard.last(Side::client, Buffer::tls_sni), "one.example");
    EXPECT_EQ(heard.feed(Side::client, record(handshake, hello_again)), Outcome::going);
    EXPECT_EQ(heard.last(Side::client, Buffer::tls_sni), "two.example");
    EXPECT_EQ(heard.calls().size(), 2U);
}

TEST(TlsParser, LooksForASecondHelloBehindEarlyDataUntilTheServerHasChosen) {
    Recorder heard;
    static_cast<void>(heard.feed(Side::client, record(handshake, hello_13) +
                                                   record(change_cipher_spec, "\x01") +
                                                   record(application_data, encrypted)));
    static_cast<void>(
        heard.feed(Side::server, record(handshake, retry_request()) + record(change_cipher_spec, "\x01")));
    static_cast<void>(heard.feed(Side::client, record(handshake, hello_again)));
    EXPECT_EQ(heard.last(Side::client, Buffer::tls_sni), "two.example");
    EXPECT_FALSE(heard.heard("complete"));
    EXPECT_EQ(heard.feed(Side::server, record(handshake, server_hello_13())), Outcome::watching);
    EXPECT_EQ(heard.feed(Side::server, record(application_data, encrypted)), Outcome::watching)
        << "what the client sent ahead of the server's choice proves nothing";
    EXPECT_EQ(heard.feed(Side::client, record(application_data, encrypted)), Outcome::encrypted);
}

TEST(TlsParser, EndsADirectionWhereItBeginsToEncrypt) {
    for (const std::uint8_t type : {change_cipher_spec, application_data}) {
        Recorder heard;
        static_cast<void>(heard.feed(Side::client, record(handshake, hello)));
        static_cast<void>(heard.feed(Side::server, record(handshake, server_hello(0x0303, ""))));
        EXPECT_EQ(heard.feed(Side::client, record(type, "\x01") + encrypted), Outcome::going);
        EXPECT_TRUE(heard.heard("client complete"));
        EXPECT_FALSE(heard.heard("server complete"));
        EXPECT_EQ(heard.feed(Side::client, encrypted), Outcome::going); // nobody reads it
        EXPECT_EQ(heard.feed(Side::server, record(type, "\x01") + encrypted), Outcome::over);
        EXPECT_TRUE(heard.heard(" end"));
        EXPECT_FALSE(heard.heard("event"));
        const std::size_t calls = heard.calls().size();
        EXPECT_EQ(heard.feed(Side::client, record(handshake, hello)), Outcome::over);
        EXPECT_EQ(heard.finish(Side::client), Outcome::over);
        EXPECT_EQ(heard.calls().size(), calls);
    }
}

TEST(TlsParser, EndsBothDirectionsWhereTheServerChoosesTls13) {
    Recorder heard;
    static_cast<void>(heard.feed(Side::client, record(handshake, hello_13)));
    EXPECT_EQ(heard.feed(Side::server, record(handshake, server_hello_13()) + encrypted), Outcome::over);
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_version), "1.3");
    EXPECT_TRUE(heard.heard("client complete"));
}

TEST(TlsParser, TellsWhenBothEndsEncryptHoweverTheBytesAreCut) {
    const std::string ours = record(handshake, server_hello_13()) + record(change_cipher_spec, "\x01") +
                             record(application_data, encrypted);
    const std::string theirs = record(change_cipher_spec, "\x01") + record(application_data, encrypted);
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, ours.size()}) {
        Recorder heard;
        static_cast<void>(heard.feed(Side::client, record(handshake, hello_13)));
        for (std::size_t at = 0; at < ours.size(); at += step)
            EXPECT_NE(heard.feed(Side::server, std::string_view(ours).substr(at, step)), Outcome::encrypted);
        const std::size_t header_ends = record(change_cipher_spec, "\x01").size() + 5;
        for (std::size_t at = 0; at < header_ends; at += step)
            EXPECT_EQ(heard.feed(Side::client, std::string_view(theirs).substr(at, step)),
                      at + step < header_ends ? Outcome::watching : Outcome::encrypted);
    }
}

TEST(TlsParser, BeforeTls13BothEndsEncryptWhenEachHasSentApplicationData) {
    const std::string finished = record(change_cipher_spec, "\x01") + record(handshake, encrypted);
    Recorder heard;
    static_cast<void>(heard.feed(Side::client, record(handshake, hello)));
    static_cast<void>(heard.feed(Side::server, record(handshake, server_hello(0x0303, "")) +
                                                   record(handshake, message(14, ""))));
    EXPECT_EQ(heard.feed(Side::client, record(handshake, message(16, "key")) + finished +
                                           record(application_data, encrypted)),
              Outcome::going)
        << "the server has not taken that yet";
    EXPECT_EQ(heard.feed(Side::server, finished), Outcome::watching);
    EXPECT_EQ(heard.feed(Side::client, record(application_data, encrypted)), Outcome::watching);
    EXPECT_EQ(heard.feed(Side::server, record(application_data, encrypted)), Outcome::encrypted);
}

TEST(TlsParser, WhatIsNoRecordBehindTheHandshakeIsNotTakenForEncrypted) {
    for (const std::string& odd :
         {std::string("GET / HTTP/1.1\r\n"), record(application_data, encrypted, 0x0203),
          record(application_data, std::string(19000, 'x')), record(25, encrypted)}) {
        for (const Side from : {Side::client, Side::server}) {
            Recorder heard;
            static_cast<void>(heard.feed(Side::client, record(handshake, hello_13)));
            EXPECT_EQ(heard.feed(Side::server, record(handshake, server_hello_13())), Outcome::watching);
            EXPECT_EQ(heard.feed(from, odd), Outcome::over);
            EXPECT_EQ(heard.feed(other(from), record(application_data, encrypted)), Outcome::over);
            EXPECT_EQ(heard.feed(from, record(application_data, encrypted)), Outcome::over);
        }
    }
}

TEST(TlsParser, WithoutAHelloOfTheServerNothingIsEncrypted) {
    Recorder heard;
    static_cast<void>(heard.feed(Side::client, record(handshake, hello)));
    EXPECT_EQ(heard.feed(Side::server, record(application_data, encrypted)), Outcome::going);
    EXPECT_NE(heard.feed(Side::client, record(application_data, encrypted)), Outcome::encrypted);
    EXPECT_NE(heard.feed(Side::server, record(application_data, encrypted)), Outcome::encrypted);
    EXPECT_NE(heard.feed(Side::client, record(application_data, encrypted)), Outcome::encrypted);
}

TEST(TlsParser, EndsWhereTheStreamsEnd) {
    Recorder heard;
    static_cast<void>(heard.feed(Side::client, record(handshake, hello.substr(0, 20))));
    EXPECT_EQ(heard.finish(Side::client), Outcome::going);
    EXPECT_EQ(heard.finish(Side::server), Outcome::over);
    EXPECT_TRUE(heard.heard(" end"));
}

TEST(TlsParser, FailsWhereNoRecordBegins) {
    Recorder heard;
    EXPECT_EQ(heard.feed(Side::client, record(handshake, hello) + "GET / HTTP/1.1\r\n"), Outcome::failed);
    EXPECT_TRUE(heard.heard("client event tls.invalid_record_type"));
    EXPECT_FALSE(heard.heard(" end"));
    EXPECT_EQ(heard.feed(Side::server, record(handshake, server_hello_13())), Outcome::failed);
    EXPECT_EQ(heard.calls().size(), 2U);
}

TEST(TlsParser, TellsOfOddRecordsOnceAndReadsOn) {
    Recorder heard;
    const std::string odd = record(handshake, hello, 0x0203);
    EXPECT_EQ(heard.feed(Side::client, odd + odd), Outcome::going);
    EXPECT_TRUE(heard.heard("tls.invalid_record_version"));
    EXPECT_EQ(heard.calls().size(), 3U);
    EXPECT_EQ(heard.feed(Side::client, record(alert, std::string(20000, 'x'))), Outcome::going);
    EXPECT_TRUE(heard.heard("tls.invalid_record_length"));
}

TEST(TlsParser, TellsOfMessagesThatDoNotBelongThere) {
    for (const std::string& odd : {message(99, "what"), message(2, "of the server")}) {
        Recorder heard;
        EXPECT_EQ(heard.feed(Side::client, record(handshake, odd + hello)), Outcome::going);
        EXPECT_TRUE(heard.heard("client event tls.invalid_handshake_message"));
        EXPECT_EQ(heard.last(Side::client, Buffer::tls_sni), "www.example.org");
    }
}

TEST(TlsParser, TellsOfHeartbeatsThatAskForMoreThanTheyCarry) {
    const auto event_of = [](const std::string& beat) {
        Recorder heard;
        EXPECT_EQ(heard.feed(Side::client, record(heartbeat, beat)), Outcome::going);
        return heard.calls().empty() ? "" : heard.calls()[0].substr(heard.calls()[0].rfind(' ') + 1);
    };
    EXPECT_EQ(event_of("\x01\x40" + std::string(1, '\0')), "tls.overflow_heartbeat_message");
    EXPECT_EQ(event_of("\x07" + number(1, 2) + std::string(17, 'x')), "tls.invalid_heartbeat_message");
    EXPECT_EQ(event_of("\x01" + number(5, 2) + std::string(6, 'x')), "tls.invalid_heartbeat_message");
    EXPECT_EQ(event_of("\x01" + number(4, 2) + std::string(20, 'x')), "");
    EXPECT_EQ(event_of("\x01"), "");
}

TEST(TlsParser, TellsOfAHeartbeatWhereItsLengthStands) {
    Recorder heard;
    static_cast<void>(heard.feed(Side::client, record(heartbeat, "\x07" + std::string(60, 'x'))));
    ASSERT_EQ(heard.calls().size(), 1U);
    EXPECT_EQ(heard.calls()[0], "client@8 client event tls.invalid_heartbeat_message");
}

TEST(TlsParser, KeepsNoMoreOfAHandshakeThanTheLimit) {
    AppParserLimits limits;
    limits.handshake = 2 * hello.size() + 50;
    Recorder heard(limits);
    EXPECT_EQ(heard.feed(Side::client, record(handshake, hello + hello + message(16, "key"))),
              Outcome::going);
    EXPECT_EQ(heard.feed(Side::client, record(handshake, hello)), Outcome::failed);
    EXPECT_TRUE(heard.heard("tls.handshake_invalid_length"));

    Recorder promised; // a length alone costs nothing
    const std::size_t before = promised.parser().memory();
    EXPECT_EQ(promised.feed(Side::client, record(handshake, message(1, "").substr(0, 1) + number(100000, 3))),
              Outcome::going);
    EXPECT_LT(promised.parser().memory(), before + 1000);
    EXPECT_EQ(promised.feed(Side::server, record(handshake, number(11, 1) + number(140000, 3))),
              Outcome::failed);
}

TEST(TlsParser, CountsWhatItHolds) {
    Recorder heard;
    const std::size_t before = heard.parser().memory();
    static_cast<void>(heard.feed(
        Side::server, records(certificates({std::string(5000, 'a'), std::string(5000, 'b')}), 900)));
    EXPECT_GT(heard.parser().memory(), before + 10000);
    EXPECT_LT(heard.parser().memory(), before + 25000);
}

std::string sslv2_hello(std::uint16_t version, std::string_view suites) {
    const std::string body = number(1, 1) + number(version, 2) + number(suites.size(), 2) + number(0, 2) +
                             number(16, 2) + std::string(suites) + std::string(16, 'c');
    return number(0x8000U | body.size(), 2) + body;
}

TEST(TlsParser, ReadsAnSslv2HelloThatLeadsToTls) {
    const std::string first = sslv2_hello(0x0301, std::string("\0\0\x2f", 3));
    for (std::size_t cut = 0; cut < first.size(); ++cut) {
        Recorder heard;
        static_cast<void>(heard.feed(Side::client, first.substr(0, cut)));
        EXPECT_TRUE(heard.calls().empty());
        EXPECT_EQ(heard.feed(Side::client, first.substr(cut)), Outcome::going);
        EXPECT_EQ(heard.last(Side::client, Buffer::tls_version), "SSLv2");
        EXPECT_EQ(heard.last(Side::client, Buffer::ja3_hash), "(none)");
        EXPECT_EQ(heard.feed(Side::server, record(handshake, server_hello(0x0301, ""))), Outcome::going);
        EXPECT_EQ(heard.last(Side::server, Buffer::tls_version), "1.0");
        EXPECT_EQ(heard.feed(Side::client, record(change_cipher_spec, "\x01")), Outcome::going);
        EXPECT_TRUE(heard.heard("client complete"));
    }
}

TEST(TlsParser, LeavesAConversationInSslv2Alone) {
    Recorder heard;
    static_cast<void>(heard.feed(Side::client, sslv2_hello(2, std::string("\1\0\x80", 3))));
    EXPECT_EQ(heard.feed(Side::server, "\x80\x20\x04"), Outcome::over);
    EXPECT_FALSE(heard.heard("event"));
    EXPECT_TRUE(heard.heard(" end"));
}

TEST(TlsParser, FailsOnAnSslv2HelloWhoseLengthsLie) {
    std::string lies = sslv2_hello(2, std::string("\1\0\x80", 3));
    lies[6] = 6;
    for (const std::string& bytes : {lies, std::string("\x80\x00", 2)}) {
        Recorder heard;
        EXPECT_EQ(heard.feed(Side::client, bytes), Outcome::failed);
        EXPECT_TRUE(heard.heard("tls.invalid_sslv2_header"));
    }
}

} // namespace
} // namespace nfsieve
