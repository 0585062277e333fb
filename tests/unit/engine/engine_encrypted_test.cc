// SPDX-License-Identifier: GPL-2.0-or-later
// What signatures about payload have to say of connections whose ends both encrypt: TLS, but where it says
// SSH.
#include "signature_fixture.h"
#include "ssh_messages.h"
#include "tls_messages.h"

namespace nfsieve::test {
namespace {

const std::string ciphertext = "0123456789 EVIL 0123456789";
const std::string sealed = record(application_data, ciphertext);

class EngineEncrypted : public EngineSignature {
protected:
    static constexpr const char* evil_payload =
        "drop tcp any any -> any any (msg:\"e\"; content:\"EVIL\"; sid:1;)\n";

    Fate fate(const TcpPacket& packet) { return decide(build(packet)).fate; }
    void shake_hands() {
        const std::string versions = extension(43, numbers({0x0304, 0x0303}, 1));
        EXPECT_TRUE(client(record(handshake, client_hello({.extensions = sni("www.example") + versions}))));
        EXPECT_TRUE(server(record(handshake, server_hello_13())));
    }
    /// Both ends send harmless application data, and acknowledge it.
    void encrypt() {
        shake_hands();
        EXPECT_TRUE(server(record(application_data, "certificate and all that")));
        EXPECT_TRUE(client(record(application_data, "finished")));
    }
    /// An encrypted flow that the kernel knows to be done under the third generation of the rules.
    void be_done(const std::string& text) {
        rules.mark = 3;
        begin(text);
        engine->tick(now);
        encrypt();
        EXPECT_EQ(fate(talk.server_ack()), Fate::done);
    }
    /// The kernel has them as the fourth.
    void reload(const std::string& text, const CompileOptions& options = {}) {
        rules.publish_signatures(text, options);
        rules.mark = 4;
        engine->tick(now);
    }
};

TEST_F(EngineEncrypted, IsNotLookedIntoAndTheFlowIsDone) {
    begin(evil_payload);
    encrypt();
    EXPECT_EQ(fate(talk.server_ack()), Fate::done);
    EXPECT_TRUE(client(sealed));
    EXPECT_TRUE(server(sealed));
    EXPECT_EQ(events.names(), "");
    EXPECT_EQ(count(Counter::flows_encrypted), 1U);
}

TEST_F(EngineEncrypted, TheHandshakeIsLookedInto) {
    begin(evil_payload);
    EXPECT_FALSE(client(record(handshake, client_hello({.extensions = sni("EVIL")}))));
}

TEST_F(EngineEncrypted, WhatIsLookedIntoDoesNotDependOnHowItIsCut) {
    const std::string in_the_clear = record(change_cipher_spec, "EVIL") + record(application_data, "x");
    const std::string last = record(application_data, "x") + sealed;
    for (const std::size_t size : {1U, 7U, 1000U}) {
        for (const bool bad : {true, false}) {
            begin(evil_payload);
            shake_hands();
            EXPECT_TRUE(server(record(application_data, "certificate and all that")));
            const std::string& bytes = bad ? in_the_clear : last;
            bool all = true;
            for (std::size_t at = 0; at < bytes.size() && all; at += size)
                all = client(bytes.substr(at, size));
            EXPECT_EQ(all, !bad) << size;
            talk = Conversation();
        }
    }
}

TEST_F(EngineEncrypted, OfSshTooWhatStandsAheadOfTheNewKeysIsLookedIntoAndWhatFollowsIsNot) {
    const std::string ahead = "SSH-2.0-x\r\n" + ssh_packet(kexinit, "EVIL") + ssh_packet(newkeys);
    for (const bool bad : {true, false}) {
        begin(evil_payload);
        EXPECT_TRUE(server(ssh_server_hello()));
        EXPECT_EQ(client(bad ? ahead : ssh_client_hello() + "EVIL"), !bad);
        talk = Conversation();
    }
}

TEST_F(EngineEncrypted, UntilBothEndsEncryptEitherIsLookedInto) {
    for (const bool by_client : {true, false}) {
        begin(evil_payload);
        shake_hands();
        for (int i = 0; i < 5; ++i)
            EXPECT_TRUE(by_client ? client(record(application_data, "x"))
                                  : server(record(application_data, "x")));
        EXPECT_FALSE(by_client ? client(sealed) : server(sealed));
        talk = Conversation();
    }
}

TEST_F(EngineEncrypted, AClientCannotPretendThatItsServerEncrypts) {
    begin(evil_payload);
    EXPECT_TRUE(client(record(handshake, client_hello({.extensions = sni("a")})) +
                       record(application_data, "not before the server has chosen")));
    EXPECT_TRUE(server("HTTP/1.1 400 Bad Request\r\n\r\n"));
    EXPECT_TRUE(client(record(application_data, "x")));
    EXPECT_FALSE(client(sealed));
}

TEST_F(EngineEncrypted, WhoWantsItIsTakenAtItsWord) {
    CompileOptions options;
    options.inspect_encrypted = true;
    rules.publish_signatures(evil_payload, options);
    engine = make_engine({}, rules, {&counters, &events, &resets, nullptr});
    open(talk);
    encrypt();
    EXPECT_EQ(fate(talk.server_ack()), Fate::open);
    EXPECT_FALSE(client(sealed));
}

TEST_F(EngineEncrypted, SshIsNotLookedIntoOnceBothEndsHaveNewKeys) {
    begin(evil_payload);
    EXPECT_TRUE(server(ssh_server_hello()));
    EXPECT_TRUE(client(ssh_client_hello()));
    EXPECT_EQ(fate(talk.server_ack()), Fate::done);
    EXPECT_TRUE(client("EVIL"));
    EXPECT_TRUE(server("EVIL"));
    EXPECT_EQ(events.names(), "");
    EXPECT_EQ(count(Counter::flows_ssh), 1U);
    EXPECT_EQ(count(Counter::flows_encrypted), 1U);
}

TEST_F(EngineEncrypted, SshIsLookedIntoWhileOneEndHasNewKeys) {
    begin(evil_payload);
    EXPECT_TRUE(client(ssh_client_hello()));
    EXPECT_TRUE(server("SSH-2.0-server_1.0\r\n"));
    EXPECT_EQ(fate(talk.client_ack()), Fate::open);
    EXPECT_FALSE(client("EVIL"));
}

TEST_F(EngineEncrypted, TheProtocolOfSshIsKnown) {
    begin("alert tcp any any -> any any (msg:\"s\"; app-layer-protocol:ssh; content:\"EVIL\"; sid:1;)\n"
          "alert tcp any any -> any any (msg:\"n\"; app-layer-protocol:!ssh; content:\"EVIL\"; sid:2;)\n");
    EXPECT_TRUE(client("SSH-2.0-client EVIL\r\n"));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineEncrypted, RulesInJsonLookIntoIt) {
    start(evil);
    open(talk);
    encrypt();
    EXPECT_EQ(fate(talk.server_ack()), Fate::open);
    EXPECT_FALSE(client(record(application_data, "EVILPATTERN")));
}

TEST_F(EngineEncrypted, RulesAboutPacketsAsSuchHoldOn) {
    begin("drop tcp any any -> any any (msg:\"p\"; flow:to_server; dsize:>1000; sid:3;)\n");
    encrypt();
    EXPECT_EQ(fate(talk.server_ack()), Fate::open);
    EXPECT_FALSE(client(record(application_data, std::string(1100, 'x'))));
}

TEST_F(EngineEncrypted, PayloadThatIsNoPartOfTheStreamIsNotLookedIntoEither) {
    begin(std::string(evil_payload) +
          "alert tcp any any -> any any (msg:\"p\"; flow:to_server; dsize:>1000; sid:3;)\n");
    encrypt();
    TcpPacket ahead = talk.client_data(sealed);
    ahead.sequence += 10;
    EXPECT_EQ(fate(ahead), Fate::open);
    EXPECT_EQ(events.names(), "");
}

TEST_F(EngineEncrypted, AReloadDoesNotForgetIt) {
    be_done(evil_payload);
    reload(std::string(evil_payload) +
           "drop tls any any -> any any (msg:\"s\"; tls.sni; content:\"evil\"; sid:2;)\n");
    EXPECT_TRUE(client(sealed));
    EXPECT_TRUE(server(sealed));
    EXPECT_EQ(fate(talk.client_ack()), Fate::done);
    EXPECT_EQ(events.names(), "!midstream");
}

TEST_F(EngineEncrypted, AReloadThatWantsItLookedIntoConcernsFlowsThatAreDone) {
    be_done(evil_payload);
    CompileOptions options;
    options.inspect_encrypted = true;
    reload(evil_payload, options);
    EXPECT_FALSE(client(sealed));
    EXPECT_EQ(count(Counter::flows_encrypted), 1U) << "it is the same flow";
}

TEST_F(EngineEncrypted, AnotherConnectionOnTheSamePortsIsLookedInto) {
    begin(evil_payload);
    encrypt();
    EXPECT_EQ(fate(talk.server_ack()), Fate::done);
    talk.client_next += 100'000;
    talk.server_next += 100'000;
    Conversation again(talk);
    for (const Buffer& packet : again.handshake())
        EXPECT_TRUE(passes(packet));
    EXPECT_FALSE(passes(again.client_data("EVIL")));
}

TEST_F(EngineEncrypted, WhereTheDefaultIsNotToAcceptItIsLookedInto) {
    ReadSignatures read =
        read_signatures("pass tcp any any -> any any (msg:\"p\"; content:\"GOOD\"; sid:1;)\n", "test.rules",
                        default_suricata_options());
    RuleSpecs specs;
    specs.default_action = Action::drop;
    EXPECT_FALSE(compile(specs, std::move(read.signatures), {}).rules->signatures().skips_encrypted());
}

TEST_F(EngineEncrypted, ASynIsJudgedOnAFlowThatIsDoneAndChangesNothingOfIt) {
    be_done(std::string(evil_payload) +
            "alert tcp any any -> any any (msg:\"scan\"; flags:S; flow:to_server; sid:4;)\n");
    EXPECT_EQ(events.names(), "4");
    rules.publish_signatures(
        "drop tcp any any -> any any (msg:\"n\"; flow:to_server; dsize:>1000; sid:5;)\n"
        "alert tcp any any -> any any (msg:\"scan\"; flags:S; flow:to_server; sid:4;)\n");
    rules.mark = 4;
    engine->tick(now);
    Conversation again(talk);
    EXPECT_TRUE(passes(again.syn()));
    EXPECT_EQ(events.names(), "4 4");
    EXPECT_FALSE(client(std::string(1100, 'x'))) << "the flow is held against the new rules all the same";
}

} // namespace
} // namespace nfsieve::test
