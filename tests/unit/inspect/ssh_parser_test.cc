// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/app_parsers.h"
#include "ssh_messages.h"
#include "tls_messages.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

using namespace test;
using Outcome = AppParser::Outcome;

/// SSH has no transactions to tell of.
class Nobody final : public TransactionListener {
public:
    void on_stage(Transaction&, Side, Stage) override { ADD_FAILURE(); }
    void on_body(Transaction&, Side, std::size_t) override { ADD_FAILURE(); }
    void on_event(Transaction*, Side, std::string_view) override { ADD_FAILURE(); }
    void on_end(Transaction&) override { ADD_FAILURE(); }
};

class Heard {
public:
    /// In pieces of `step` bytes.
    Outcome feed(Side sender, std::string_view bytes, std::size_t step = 100000) {
        Outcome outcome = Outcome::going;
        for (std::size_t at = 0; at < bytes.size(); at += step)
            outcome = parser_->feed(sender, as_bytes(bytes.substr(at, step)), nobody_);
        return outcome;
    }

private:
    AppParsers parsers_{AppParserLimits()};
    std::unique_ptr<AppParser> parser_ = parsers_.make(AppProtocol::ssh);
    Nobody nobody_;
};

TEST(SshParser, TellsWhenBothEndsHaveNewKeysHoweverTheBytesAreCut) {
    for (const std::size_t step : {1U, 3U, 1460U, 100000U}) {
        Heard heard;
        std::string client = ssh_client_hello();
        const std::string last = client.substr(client.size() - 1);
        client.pop_back();
        EXPECT_EQ(heard.feed(Side::server, ssh_server_hello(), step), Outcome::watching);
        EXPECT_EQ(heard.feed(Side::client, client, step), Outcome::watching);
        EXPECT_EQ(heard.feed(Side::client, last), Outcome::encrypted);
        EXPECT_EQ(heard.feed(Side::server, "what is encrypted is not looked at"), Outcome::encrypted);
    }
}

TEST(SshParser, OneEndAloneDoesNotEncrypt) {
    Heard heard;
    EXPECT_EQ(heard.feed(Side::client, ssh_client_hello()), Outcome::watching);
    EXPECT_EQ(heard.feed(Side::client, std::string(5000, 'x')), Outcome::watching)
        << "encrypted, or so it says";
    EXPECT_EQ(heard.feed(Side::server, "SSH-2.0-server\n" + ssh_packet(kexinit)), Outcome::watching);
    EXPECT_EQ(heard.feed(Side::server, "HTTP/1.1 200 OK\r\n"), Outcome::over);
    EXPECT_EQ(heard.feed(Side::server, ssh_packet(newkeys)), Outcome::over);
}

TEST(SshParser, LeavesWhatIsNoSshAlone) {
    const std::string id = "SSH-2.0-x\r\n";
    const std::vector<std::string> all = {
        "HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-" + std::string(300, 'x'),
        id + from_hex("000088bc0414"), // more than 35,000 bytes
        id + from_hex("0000000d0414"), // no whole block
        id + from_hex("000000040414"), // too small
        id + from_hex("0000000c0314"), // too little padding
        id + from_hex("0000000c0b14"), // … and too much
    };
    for (const std::string& odd : all) {
        Heard heard;
        EXPECT_EQ(heard.feed(Side::client, ssh_client_hello()), Outcome::watching);
        EXPECT_EQ(heard.feed(Side::server, odd), Outcome::over) << odd.substr(0, 30);
    }
}

TEST(SshLikeness, TheFirstBytesTell) {
    EXPECT_EQ(looks_like_ssh(as_bytes("SSH-2.0-x")), Likeness::yes);
    EXPECT_EQ(looks_like_ssh(as_bytes("SSH-1.99-x")), Likeness::yes);
    EXPECT_EQ(looks_like_ssh(as_bytes("SSH-1.")), Likeness::more);
    EXPECT_EQ(looks_like_ssh(as_bytes("SSH-2.0")), Likeness::more);
    EXPECT_EQ(looks_like_ssh({}), Likeness::more);
    EXPECT_EQ(looks_like_ssh(as_bytes("SSH-1.5-x")), Likeness::no);
    EXPECT_EQ(looks_like_ssh(as_bytes("GET / HTTP/1.1")), Likeness::no);
}

} // namespace
} // namespace nfsieve
