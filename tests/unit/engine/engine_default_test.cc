// SPDX-License-Identifier: GPL-2.0-or-later
// The default action beside accept rules about named buffers.
#include "signature_fixture.h"

namespace nfsieve::test {
namespace {

class EngineDefault : public EngineSignature {
protected:
    /// Default drop, with one rule that accepts.
    void accepting(const std::string& rule) {
        start(R"({"default": "drop", "rules": [{"id": "friend", "action": "accept", )" + rule + "}]}");
        next();
    }
    void next() {
        talk = Conversation("192.0.2.1", "198.51.100.1", ++port_);
        open(talk);
    }

private:
    std::uint16_t port_ = 40000;
};

TEST_F(EngineDefault, ARuleAboutAHostIsDecidedByTheFirstHeaders) {
    accepting(R"("direction": "to_server", "match": {"http.host": {"equals": "friend"}})");
    const std::string friendly = "GET / HTTP/1.1\r\nHost: friend\r\n\r\n",
                      other = "GET / HTTP/1.1\r\nHost: other\r\n\r\n";
    EXPECT_EQ(client_bytes(friendly), friendly.size());
    EXPECT_TRUE(server("anything"));
    EXPECT_TRUE(client("anything"));
    next();
    EXPECT_EQ(client_bytes(other), other.size() - 1);
    EXPECT_FALSE(server("x"));
    next();
    EXPECT_FALSE(client(other + friendly)) << "the first request decides";
    EXPECT_EQ(events.names(), "friend !default_action !default_action");
}

TEST_F(EngineDefault, ARuleAboutABodyIsDecidedByItsEnd) {
    accepting(R"("direction": "to_server", "match": {"http.request_body": {"contains": "please"}})");
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n";
    EXPECT_TRUE(client(head + "pl"));
    EXPECT_TRUE(client("ease!!"));
    EXPECT_TRUE(server("anything"));
    next();
    EXPECT_TRUE(client(head + "give me"));
    EXPECT_FALSE(client("!"));
}

TEST_F(EngineDefault, WhatIsNotTheProtocolCanNotBeAccepted) {
    accepting(R"("direction": "to_server", "match": {"http.host": {"equals": "friend"}})");
    EXPECT_TRUE(client("GET"));
    EXPECT_FALSE(client("!")) << "no HTTP";
    next();
    EXPECT_FALSE(client("SSH-2.0-x\r\n"));
    next();
    EXPECT_TRUE(server("220 hello\r\n")) << "the client may still speak HTTP";
    EXPECT_FALSE(client("EHLO x\r\n"));
    next();
    EXPECT_FALSE(client("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"));
    next();
    EXPECT_TRUE(client("GET / HTTP/1.1\r\n"));
    EXPECT_FALSE(passes(talk.client_fin()));
}

TEST_F(EngineDefault, AnAnswerMayBeWhatIsAccepted) {
    accepting(R"("direction": "to_client", "match": {"http.server": {"equals": "good"}})");
    EXPECT_TRUE(client(get));
    EXPECT_TRUE(server("HTTP/1.1 100 Continue\r\n\r\n"));
    EXPECT_TRUE(server("HTTP/1.1 200 x\r\nServer: good\r\n\r\n"));
    EXPECT_TRUE(server("anything"));
    next();
    EXPECT_TRUE(client(get));
    EXPECT_FALSE(server("HTTP/1.1 200 x\r\nServer: bad\r\n\r\n"));
}

TEST_F(EngineDefault, ARuleAboutOtherPortsKeepsNothingOpen) {
    start(
        R"({"default": "drop", "rules": [{"id": "friend", "action": "accept", "to": {"ports": 8080}, "match": {"http.host": {"equals": "friend"}}}]})");
    EXPECT_FALSE(passes(talk.syn()));
}

TEST_F(EngineDefault, ARuleForBothDirectionsIsDecidedByTheEndThatHasItsBuffers) {
    accepting(
        R"("match": {"any": [{"http.host": {"equals": "friend"}}, {"tls.sni": {"equals": "friend"}}]})");
    EXPECT_FALSE(client(get));
}

TEST_F(EngineDefault, ARuleAboutPayloadKeepsItOpenBesideOneAboutABuffer) {
    start(R"({"default": "drop", "rules": [
        {"id": "host", "action": "accept", "direction": "to_server", "match": {"http.host": {"equals": "friend"}}},
        {"id": "start", "action": "accept", "direction": "to_server", "match": {"payload": {"contains": "friend", "depth": 300}}}]})");
    next();
    EXPECT_TRUE(client(get));
    EXPECT_TRUE(client(get + "friend"));
    EXPECT_EQ(events.names(), "start");
    next();
    EXPECT_FALSE(client(get + std::string(300, '.') + "GET / HTTP/1.1\r\nHost: friend\r\n\r\n"));
}

} // namespace
} // namespace nfsieve::test
