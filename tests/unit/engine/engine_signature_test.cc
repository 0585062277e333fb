// SPDX-License-Identifier: GPL-2.0-or-later
// Rules in Suricata's language, from their text to the verdict.
#include "engine_fixture.h"

namespace nfsieve::test {
namespace {

const std::string get =
    "GET /index.html?q=evil HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: probe\r\n\r\n";

std::string answer(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

class EngineSignature : public EngineTest {
protected:
    Conversation talk;

    void begin(const std::string& text, EngineConfig config = {}) {
        start_signatures(text, config);
        open(talk);
    }
    bool client(const std::string& text) { return passes(talk.client_data(text)); }
    bool server(const std::string& text) { return passes(talk.server_data(text)); }
    /// One byte a segment; the number of those that passed before the first that did not.
    std::size_t client_bytes(const std::string& text) {
        for (std::size_t i = 0; i < text.size(); ++i)
            if (!client(text.substr(i, 1)))
                return i;
        return text.size();
    }
};

TEST_F(EngineSignature, AUriIsFoundOnAnyPort) {
    begin(
        R"(drop http any any -> any any (msg:"m"; flow:established,to_server; http.uri; content:"q=evil"; sid:1;))");
    EXPECT_FALSE(client(get));
    EXPECT_EQ(events.names(), "1");
    EXPECT_TRUE(events.events[0].blocked);
    EXPECT_EQ(count(Counter::flows_http), 1U);
    EXPECT_FALSE(server(answer("x")));
}

TEST_F(EngineSignature, AnEncodedUriIsReadAsTheServerReadsIt) {
    begin(R"(drop http any any -> any any (http.uri; content:"/evil"; sid:1;))");
    EXPECT_FALSE(client("GET /%65vi%6C HTTP/1.1\r\nHost: a\r\n\r\n"));
}

TEST_F(EngineSignature, ABufferIsNotFoundElsewhere) {
    begin(R"(drop http any any -> any any (http.uri; content:"probe"; sid:1;))");
    EXPECT_TRUE(client(get));
    EXPECT_TRUE(server(answer("probe")));
    EXPECT_EQ(events.names(), "");
}

TEST_F(EngineSignature, TheSegmentThatCompletesTheHeadersIsDropped) {
    begin(
        R"(drop http any any -> any any (http.user_agent; content:"probe"; http.host; content:"example.org"; sid:1;))");
    EXPECT_EQ(client_bytes(get), get.size() - 1) << "the server gets no whole request";
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, AllBuffersOfARuleAreOfOneRequest) {
    begin(
        R"(drop http any any -> any any (http.uri; content:"/one"; http.user_agent; content:"second"; sid:1;))");
    EXPECT_TRUE(client("GET /one HTTP/1.1\r\nHost: a\r\nUser-Agent: first\r\n\r\n"));
    EXPECT_TRUE(server(answer("x")));
    EXPECT_TRUE(client("GET /two HTTP/1.1\r\nHost: a\r\nUser-Agent: second\r\n\r\n"));
    EXPECT_TRUE(server(answer("x")));
    EXPECT_FALSE(client("GET /one HTTP/1.1\r\nHost: a\r\nUser-Agent: second\r\n\r\n"));
}

TEST_F(EngineSignature, PipelinedRequestsAreEachJudged) {
    begin(R"(drop http any any -> any any (http.uri; content:"/third"; sid:1;))");
    const std::string one = "GET /one HTTP/1.1\r\nHost: a\r\n\r\n",
                      third = "GET /third HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_FALSE(client(one + one + third));
}

TEST_F(EngineSignature, ABodyIsStoppedAtTheByteThatCompletesIt) {
    begin(
        R"(drop http any any -> any any (flow:established,to_client; file.data; content:"one"; content:"two"; distance:0; sid:1;))");
    EXPECT_TRUE(client(get));
    EXPECT_TRUE(server("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nxx one "));
    EXPECT_TRUE(server("tw"));
    EXPECT_FALSE(server("o yy"));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, AChunkedBodyIsReadWithoutItsFraming) {
    begin(
        R"(drop http any any -> any any (flow:established,to_client; file.data; content:"evilpattern"; sid:1;))");
    EXPECT_TRUE(client(get));
    EXPECT_TRUE(server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n"));
    EXPECT_FALSE(server("7\r\npattern\r\n0\r\n\r\n"));
}

TEST_F(EngineSignature, ANegatedContentOfABodyWaitsForItsEnd) {
    begin(
        R"(drop http any any -> any any (flow:established,to_client; file.data; content:"one"; content:!"two"; sid:1;))");
    EXPECT_TRUE(client(get));
    EXPECT_TRUE(server("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none"));
    EXPECT_TRUE(server("two"));
    EXPECT_TRUE(client(get));
    EXPECT_TRUE(server("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none"));
    EXPECT_FALSE(server("xxx"));
}

TEST_F(EngineSignature, PayloadContentsAreFoundAcrossSegments) {
    begin(
        R"(drop tcp any any -> any any (flow:established,to_server; content:"alpha"; content:"omega"; distance:2; within:10; sid:1;))");
    EXPECT_TRUE(client("xxal"));
    EXPECT_TRUE(client("pha--"));
    EXPECT_TRUE(client("ome"));
    EXPECT_FALSE(client("ga"));
    EXPECT_EQ(events.events[0].stream_offset, 14U);
}

TEST_F(EngineSignature, DistancesHoldAcrossSegments) {
    begin(
        R"(drop tcp any any -> any any (flow:established,to_server; content:"alpha"; content:"omega"; distance:2; within:5; sid:1;))");
    EXPECT_TRUE(client("alpha-"));
    EXPECT_TRUE(client("omega"));
    EXPECT_TRUE(client("alpha---"));
    EXPECT_TRUE(client("omega"));
    EXPECT_TRUE(client("alpha--"));
    EXPECT_FALSE(client("omega"));
}

TEST_F(EngineSignature, OffsetsHoldForThePacketAndForTheStream) {
    const std::string rule =
        R"(drop tcp any any -> any any (flow:established,to_server; content:"abcd"; offset:2; depth:4; sid:1;))";
    begin(rule);
    EXPECT_TRUE(client("abcdabcd"));
    EXPECT_TRUE(client("xabcd"));
    EXPECT_FALSE(client("xxabcd")) << "a packet that begins so, far from the stream's start";
    talk = Conversation("192.0.2.1", "198.51.100.1", 40001);
    events.events.clear();
    open(talk);
    EXPECT_TRUE(client("xxa"));
    EXPECT_FALSE(client("bcd")) << "the stream begins so, in two packets";
}

TEST_F(EngineSignature, DsizeIsThePacketsPayload) {
    begin(R"(drop tcp any any -> any any (flow:established,to_server; dsize:5; content:"abcd"; sid:1;))");
    EXPECT_TRUE(client("abcd"));
    EXPECT_FALSE(client("abcde"));
}

TEST_F(EngineSignature, DirectionsAreHonoured) {
    begin(R"(drop tcp any any -> any any (flow:established,to_client; content:"evilpattern"; sid:1;))");
    EXPECT_TRUE(client("evilpattern"));
    EXPECT_FALSE(server("evilpattern"));
}

TEST_F(EngineSignature, PortsAreThoseOfTheSenderAndTheReceiver) {
    begin(R"(drop tcp any 1 -> any any (content:"evilpattern"; sid:1;)
drop tcp any any -> any 1 (content:"evilpattern"; sid:2;)
alert tcp any any -> any 80 (content:"evilpattern"; sid:3;)
alert tcp any 80 -> any any (content:"otherpattern"; sid:4;))");
    EXPECT_TRUE(client("evilpattern"));
    EXPECT_TRUE(server("otherpattern"));
    EXPECT_EQ(events.names(), "3 4");
}

TEST_F(EngineSignature, FlowbitsJoinRequestAndAnswer) {
    begin(
        R"(alert http any any -> any any (flow:established,to_server; http.uri; content:"index"; flowbits:set,asked; flowbits:noalert; sid:1;)
drop http any any -> any any (flow:established,to_client; flowbits:isset,asked; file.data; content:"secret"; sid:2;))");
    EXPECT_TRUE(client("GET /else HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_TRUE(server(answer("secret")));
    EXPECT_TRUE(client(get));
    EXPECT_FALSE(server(answer("secret")));
    EXPECT_EQ(events.names(), "2");
}

TEST_F(EngineSignature, ABitIsSetBeforeItIsAskedForInOnePacket) {
    begin(R"(drop tcp any any -> any any (flow:to_server; flowbits:isset,first; content:"second"; sid:1;)
alert tcp any any -> any any (flow:to_server; content:"first."; flowbits:set,first; noalert; sid:2;))");
    EXPECT_FALSE(client("first. and second"));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, PassGoesBeforeDropAtTheSameByte) {
    begin(R"(drop tcp any any -> any any (flow:to_server; content:"evilpattern"; sid:1;)
pass tcp any any -> any any (flow:to_server; content:"pattern"; sid:2;))");
    EXPECT_TRUE(client("evilpattern"));
    EXPECT_TRUE(client("evilpattern"));
    EXPECT_EQ(events.names(), "") << "a pass rule says nothing by itself";
}

TEST_F(EngineSignature, APassRuleAboutThePacketGoesBeforeWhatIsInIt) {
    begin(R"(pass tcp any any -> any any (flags:PA; sid:1;)
drop tcp any any -> any any (content:"evilpattern"; sid:2;))");
    EXPECT_TRUE(client("evilpattern"));
    EXPECT_TRUE(server("evilpattern"));
    EXPECT_EQ(events.names(), "");
}

TEST_F(EngineSignature, APassRuleIsNotAboutAPacketThatItsReceiverIgnores) {
    begin(R"(pass tcp any any -> any any (flags:PA; ttl:3; sid:1;)
drop tcp any any -> any any (content:"evilpattern"; sid:2;))");
    EXPECT_TRUE(passes(talk.server_ack()));
    TcpPacket forged = talk.client_data("x");
    talk.client_next -= 1;
    forged.hop_limit = 3;
    forged.sequence += 100000000;
    EXPECT_FALSE(passes(forged));
    EXPECT_FALSE(client("evilpattern"));
}

TEST_F(EngineSignature, APassRuleAboutThePacketGoesBeforeWhatASynCarries) {
    start_signatures(R"(pass tcp any any -> any any (sid:1;)
drop tcp any any -> any any (content:"evilpattern"; sid:2;))");
    TcpPacket syn = talk.syn();
    syn.payload = "evilpattern";
    EXPECT_FALSE(passes(syn)) << "by policy";
    EXPECT_EQ(events.names(), "!fast_open");
}

TEST_F(EngineSignature, PassGoesBeforeDropInOneTransaction) {
    const std::string text = R"(
drop http any any -> any any (http.uri; content:"/evil"; sid:1;)
pass http any any -> any any (http.host; content:"friend"; sid:2;))";
    const std::string foe = "GET /evil HTTP/1.1\r\nHost: foe\r\n\r\n",
                      friendly = "GET /evil HTTP/1.1\r\nHost: friend\r\n\r\n";
    begin(text);
    EXPECT_TRUE(client(friendly));
    talk = Conversation("192.0.2.1", "198.51.100.1", 40001);
    open(talk);
    EXPECT_FALSE(client(foe + friendly)) << "the pass is about the next request";
    talk = Conversation("192.0.2.1", "198.51.100.1", 40002);
    open(talk);
    EXPECT_LT(client_bytes(friendly), 20U) << "the host has not been told when the URI decides";
}

TEST_F(EngineSignature, AnEarlierDropGoesBeforeALaterPass) {
    begin(R"(drop tcp any any -> any any (flow:to_server; content:"evil"; sid:1;)
pass tcp any any -> any any (flow:to_server; content:"pattern"; sid:2;))");
    EXPECT_FALSE(client("evilpattern"));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, RejectResetsBothEnds) {
    begin(R"(reject tcp any any -> any any (flow:to_server; content:"evilpattern"; sid:1;))");
    EXPECT_FALSE(client("evilpattern"));
    EXPECT_FALSE(resets.requests.empty());
}

TEST_F(EngineSignature, RejectsrcAndRejectdstResetOneEnd) {
    begin(R"(rejectsrc tcp any any -> any any (content:"for source"; sid:1;)
rejectdst tcp any any -> any any (content:"for destination"; sid:2;))");
    const auto told = [&] {
        std::string ports;
        for (const ResetRequest& request : resets.requests)
            ports += std::to_string(request.destination_port) + " ";
        resets.requests.clear();
        return ports;
    };
    std::uint16_t port = 40000;
    const auto next = [&] {
        talk = Conversation("192.0.2.1", "198.51.100.1", ++port);
        open(talk);
    };
    EXPECT_FALSE(client("for source"));
    EXPECT_EQ(told(), "40000 ");
    EXPECT_FALSE(server("x"));
    EXPECT_EQ(told(), "") << "this end is spared";
    next();
    EXPECT_FALSE(client("for destination"));
    EXPECT_EQ(told(), "80 ");
    next();
    EXPECT_FALSE(server("for source"));
    EXPECT_EQ(told(), "80 ");
    next();
    EXPECT_FALSE(server("for destination"));
    EXPECT_EQ(told(), "40003 ");
}

TEST_F(EngineSignature, AThresholdLimitsEventsAndNotTheAction) {
    begin(
        R"(drop tcp any any -> any any (flow:to_server; content:"evilpattern"; threshold:type limit, track by_src, count 1, seconds 60; sid:1;))");
    EXPECT_FALSE(client("evilpattern"));
    talk = Conversation("192.0.2.1", "198.51.100.1", 40001);
    open(talk);
    EXPECT_FALSE(client("evilpattern"));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, ADetectionFilterLetsTheFirstOnesPass) {
    begin(
        R"(drop tcp any any -> any any (flow:to_server; content:"evilpattern"; detection_filter:track by_src, count 1, seconds 60; sid:1;))");
    EXPECT_TRUE(client("evilpattern"));
    talk = Conversation("192.0.2.1", "198.51.100.1", 40001);
    open(talk);
    EXPECT_FALSE(client("evilpattern"));
}

TEST_F(EngineSignature, ADetectionFilterCountsARequestOnceHoweverItIsCut) {
    begin(
        R"(drop http any any -> any any (http.uri; content:"/login"; detection_filter:track by_src, count 2, seconds 60; sid:1;))");
    const std::string login = "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(client_bytes(login), login.size());
        EXPECT_TRUE(server(answer("x")));
    }
    EXPECT_FALSE(client(login));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, ADetectionFilterCountsALiteralOnceHoweverMuchFollows) {
    begin(
        R"(drop tcp any any -> any any (flow:to_server; content:"evilpattern"; detection_filter:track by_src, count 2, seconds 60; sid:1;))");
    EXPECT_TRUE(client("evilpattern"));
    EXPECT_EQ(client_bytes("and so on evilpattern and more"), 30U);
    EXPECT_FALSE(client("evilpattern"));
}

TEST_F(EngineSignature, AMessageWhoseEndIsAmbiguousDoesNotPass) {
    const std::string rule = R"(drop http any any -> any any (http.uri; content:"never"; sid:1;))";
    begin(rule);
    const std::string hidden = "GET /never HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string request =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\nContent-Length: 0\r\n\r\n";
    EXPECT_EQ(client_bytes(request), request.size() - 1);
    EXPECT_FALSE(client(hidden));
    EXPECT_EQ(events.names(), "!ambiguous_request");
    EXPECT_TRUE(events.events[0].blocked);
    EXPECT_TRUE(resets.requests.empty());

    EngineConfig config;
    config.on[static_cast<std::size_t>(Cause::ambiguous_request)] = Policy::accept;
    talk = Conversation();
    begin(rule, config);
    EXPECT_TRUE(client(request + hidden));
    EXPECT_EQ(count(Counter::cause_ambiguous_request), 2U);

    config.on[static_cast<std::size_t>(Cause::ambiguous_request)] = Policy::reject;
    talk = Conversation();
    begin(rule, config);
    EXPECT_FALSE(client(request));
    EXPECT_EQ(resets.requests.size(), 2U);
}

TEST_F(EngineSignature, AnAnswerWhoseEndIsAmbiguousIsJudgedAsMostClientsReadItOrRefused) {
    const std::string rule =
        R"(drop http any any -> any any (flow:to_client; file.data; content:"evil"; sid:1;))";
    const std::string odd =
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nev\r\n2\r\nil\r\n0\r\n\r\n";
    begin(rule);
    EXPECT_TRUE(client(get));
    const std::size_t head = odd.find("2\r\n");
    EXPECT_TRUE(server(odd.substr(0, head)));
    EXPECT_FALSE(server(odd.substr(head)));
    EXPECT_EQ(events.names(), "!ambiguous_response 1");
    events.events.clear();

    EngineConfig config;
    config.on[static_cast<std::size_t>(Cause::ambiguous_response)] = Policy::drop;
    talk = Conversation();
    begin(rule, config);
    EXPECT_TRUE(client(get));
    EXPECT_FALSE(server(odd.substr(0, head)));
    EXPECT_EQ(events.names(), "!ambiguous_response");
}

TEST_F(EngineSignature, WhatFollowsAnAmbiguousEndDoesNotCount) {
    begin(R"(pass http any any -> any any (flow:to_server; http.uri; content:"/friend"; sid:1;))");
    EXPECT_FALSE(client(
        "GET / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\nGET /friend HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(events.names(), "!ambiguous_request");
}

TEST_F(EngineSignature, FlagsAreThoseOfThePacket) {
    start_signatures(R"(drop tcp any any -> any any (flags:S; sid:1;))");
    EXPECT_FALSE(passes(talk.handshake().front()));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, WhoGoesOnBehindAnObeyedResetIsNoticed) {
    begin(R"(alert tcp any any -> any any (stream-event:suspected_rst_inject; sid:1;))");
    EXPECT_TRUE(client("one"));
    EXPECT_TRUE(passes(talk.client_reset()));
    EXPECT_TRUE(passes(talk.client_reset()));
    EXPECT_TRUE(server("the other end may not have heard of it"));
    EXPECT_EQ(events.names(), "");
    EXPECT_TRUE(client("two"));
    EXPECT_EQ(events.names(), "1");
    EXPECT_TRUE(client("three"));
    EXPECT_TRUE(server("four"));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, AResetThatNobodyObeysIsNone) {
    begin(R"(alert tcp any any -> any any (stream-event:suspected_rst_inject; sid:1;))");
    TcpPacket reset = talk.client_reset();
    reset.sequence += 5000;
    static_cast<void>(passes(reset));
    EXPECT_TRUE(client("one"));
    EXPECT_EQ(events.names(), "");
}

TEST_F(EngineSignature, ANewConnectionBehindAResetIsNone) {
    begin(R"(alert tcp any any -> any any (stream-event:suspected_rst_inject; sid:1;))");
    EXPECT_TRUE(passes(talk.client_reset()));
    talk = Conversation();
    talk.client_next = 70000;
    talk.server_next = 90000;
    open(talk);
    EXPECT_TRUE(client("one"));
    EXPECT_EQ(events.names(), "");
}

TEST_F(EngineSignature, HeadersAreThoseOfThePacket) {
    start_signatures(
        R"(drop tcp any any -> any any (ipv4.hdr; content:"|c0 00 02 63|"; offset:12; depth:4; sid:1;)
drop tcp any any -> any any (ipv6.hdr; content:"|fd 00|"; offset:8; depth:2; sid:2;))");
    EXPECT_TRUE(passes(Conversation("192.0.2.1", "198.51.100.1").syn()));
    EXPECT_FALSE(passes(Conversation("192.0.2.99", "198.51.100.1").syn()));
    EXPECT_TRUE(passes(Conversation("2001:db8::1", "2001:db8::2").syn()));
    EXPECT_FALSE(passes(Conversation("fd00::1", "2001:db8::2").syn()));
    EXPECT_EQ(events.names(), "1 2");
}

TEST_F(EngineSignature, AnIpv6HeaderEndsWhereTcpBegins) {
    start_signatures(
        R"(drop tcp any any -> any any (ipv6.hdr; bsize:48; content:"|06 00|"; offset:40; sid:1;))");
    TcpPacket syn = Conversation("2001:db8::1", "2001:db8::2").syn();
    EXPECT_TRUE(passes(syn));
    syn.extensions = {{60, {0, 1, 4, 0, 0, 0, 0}}};
    EXPECT_FALSE(passes(syn));
}

TEST_F(EngineSignature, ANumberOfOneHeaderIsComparedWithTheNext) {
    // The sum of TTL and protocol is the TCP window's low byte.
    const std::string rule = "drop tcp any any -> any any (flow:to_server; ipv4.hdr; byte_extract:1,8,ttl; "
                             "byte_math:bytes 1, offset 9, oper +, rvalue ttl, result sum; "
                             "tcp.hdr; byte_test:1,=,sum,15; sid:1;)";
    begin(rule);
    TcpPacket data = talk.client_data("x");
    data.hop_limit = 50;
    data.window = 55;
    EXPECT_TRUE(passes(data));
    data = talk.client_data("y");
    data.hop_limit = 50;
    data.window = 56;
    EXPECT_FALSE(passes(data));
}

TEST_F(EngineSignature, AHttpRuleAboutPayloadConcernsHttpAlone) {
    begin(R"(drop http any any -> any any (flow:to_server; content:"evilpattern"; sid:1;))");
    EXPECT_TRUE(client("evilpattern in something else\r\n"));
    talk = Conversation("192.0.2.1", "198.51.100.1", 40001);
    open(talk);
    EXPECT_FALSE(client("GET / HTTP/1.1\r\nHost: a\r\nX: evilpattern\r\n\r\n"));
}

TEST_F(EngineSignature, AnEventIsOfTheWholeTransaction) {
    begin(
        R"(alert http any any -> any any (flow:to_server; app-layer-event:http.too_many_encoding_layers; sid:1;)
alert http any any -> any any (flow:to_server; app-layer-event:http.too_many_encoding_layers; http.uri; content:"evil"; sid:2;)
alert http any any -> any any (flow:to_server; app-layer-event:http.too_many_encoding_layers; http.uri; content:"else"; sid:3;)
alert http any any -> any 80 (app-layer-event:http.too_many_encoding_layers; sid:4;)
alert http any 80 -> any any (app-layer-event:http.too_many_encoding_layers; sid:5;)
alert http any any -> any any (flow:to_client; app-layer-event:http.missing_host_header; sid:6;))");
    EXPECT_TRUE(client("GET /evil HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(events.names(), "6");
    EXPECT_TRUE(
        server("HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip, gzip\r\nContent-Length: 1\r\n\r\nx"));
    EXPECT_EQ(events.names(), "6 1 2 4 5");
}

TEST_F(EngineSignature, WhatCannotBeParsedIsStillJudgedByItsPayload) {
    begin(R"(drop tcp any any -> any any (flow:to_server; content:"evilpattern"; sid:1;)
alert http any any -> any any (http.uri; content:"never"; sid:2;))");
    EXPECT_TRUE(client("GET / HTTP/1.1\r\n" + std::string(40000, 'a')));
    EXPECT_TRUE(passes(talk.server_ack()));
    EXPECT_TRUE(client(std::string(40000, 'a')));
    EXPECT_TRUE(passes(talk.server_ack()));
    EXPECT_EQ(count(Counter::parser_errors), 1U);
    EXPECT_FALSE(client("evilpattern"));
    EXPECT_EQ(events.names(), "!parser_error 1");
}

TEST_F(EngineSignature, AMatchSplitOverAReloadIsStillAMatch) {
    const std::string rule =
        R"(drop http any any -> any any (flow:established,to_client; file.data; content:"one"; content:"two"; distance:0; sid:1;))";
    begin(rule);
    EXPECT_TRUE(client(get));
    EXPECT_TRUE(server("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nxx one "));
    rules.publish_signatures(rule + "\nalert tcp any any -> any any (content:\"another\"; sid:2;)");
    engine->tick(now);
    EXPECT_FALSE(server("two"));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, APickedUpConnectionIsParsedFromItsNextRequestOn) {
    start_signatures(R"(drop http any any -> any any (http.uri; content:"q=evil"; sid:1;))");
    Conversation running;
    EXPECT_TRUE(passes(running.client_data("the rest of something\r\n")));
    EXPECT_TRUE(passes(running.server_data("and its answer\r\n")));
    EXPECT_FALSE(passes(running.client_data(get)));
}

TEST_F(EngineSignature, StateOfSignaturesCountsAgainstTheCap) {
    begin(R"(alert http any any -> any any (http.uri; content:"never"; sid:1;))");
    EXPECT_TRUE(client(get));
    engine->tick(now);
    const std::uint64_t with = count(Counter::flow_memory);
    EXPECT_TRUE(client("x"));
    EXPECT_TRUE(passes(talk.client_fin()));
    EXPECT_TRUE(passes(talk.server_fin()));
    EXPECT_TRUE(passes(talk.client_ack()));
    now += std::chrono::minutes(2);
    engine->tick(now);
    EXPECT_EQ(count(Counter::flow_memory), 0U);
    EXPECT_GT(with, 0U);
}

TEST_F(EngineSignature, JsonRulesNameBuffersToo) {
    start(R"json({"rules": [
        {"id": "uri", "action": "drop", "direction": "to_server",
         "match": {"http.uri": {"contains": "EVIL", "nocase": true}, "not": {"http.header": {"name": "X-Ok", "equals": "1"}}}},
        {"id": "domain", "action": "reject", "match": {"http.host": {"domain": "example.com"}}},
        {"id": "body", "action": "drop", "match": {"http.response_body": {"regex": "se(?=cret)"}}}]})json");
    open(talk);
    EXPECT_TRUE(client("GET /evil HTTP/1.1\r\nHost: a\r\nX-Ok: 1\r\n\r\n"));
    EXPECT_TRUE(server(answer("x")));
    EXPECT_FALSE(client("GET /evil HTTP/1.1\r\nHost: a\r\nX-Ok: 0\r\n\r\n"));
    talk = Conversation("192.0.2.1", "198.51.100.1", 40001);
    open(talk);
    EXPECT_TRUE(client("GET / HTTP/1.1\r\nHost: notexample.com\r\n\r\n"));
    EXPECT_TRUE(server(answer("set")));
    EXPECT_FALSE(client("GET / HTTP/1.1\r\nHost: www.Example.com:80\r\n\r\n"));
    talk = Conversation("192.0.2.1", "198.51.100.1", 40002);
    open(talk);
    EXPECT_TRUE(client("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_FALSE(server(answer("the secret")));
    EXPECT_EQ(events.names(), "uri domain body");
}

const std::string connect_first = "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n";
const std::string connected = "HTTP/1.1 200 go\r\n\r\n";

TEST_F(EngineSignature, InATunnelTheProtocolIsToldAnew) {
    const std::string rule =
        R"(drop http any any -> any any (flow:to_server; http.uri; content:"q=evil"; sid:1;))";
    begin(rule);
    EXPECT_EQ(client_bytes(connect_first), connect_first.size());
    EXPECT_TRUE(server(connected));
    EXPECT_TRUE(client("GET /harmless HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_TRUE(server(answer("x")));
    EXPECT_EQ(client_bytes(get), get.find('\n'));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, WhatIsSentAheadIntoATunnelIsJudgedOnceItIsOne) {
    begin(R"(drop http any any -> any any (flow:to_client; file.data; content:"secret"; sid:1;))");
    EXPECT_TRUE(client(connect_first + "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_TRUE(server(connected + "HTTP/1.1 200 x\r\nContent-Length: 90\r\n\r\nse"));
    EXPECT_FALSE(server("cret"));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, AnUploadSentAheadIsBlockedWithTheAnswerThatOpensTheTunnel) {
    begin(R"(drop http any any -> any any (flow:to_server; http.uri; content:"q=evil"; sid:1;))");
    EXPECT_TRUE(client(connect_first + get)) << "a body, a request, or a tunnel's: nobody knows so far";
    EXPECT_FALSE(server(connected));
}

TEST_F(EngineSignature, TunnelsInTunnelsAreFollowedSoFar) {
    begin(R"(drop http any any -> any any (flow:to_server; http.uri; content:"q=evil"; sid:1;))");
    for (int i = 0; i < 8; ++i) {
        EXPECT_TRUE(client(connect_first));
        EXPECT_TRUE(server(connected));
    }
    EXPECT_EQ(count(Counter::parser_errors), 0U);
    EXPECT_TRUE(client(connect_first));
    EXPECT_TRUE(server(connected));
    EXPECT_EQ(count(Counter::parser_errors), 1U);
}

TEST_F(EngineSignature, AnUpgradeIsNoTunnel) {
    begin(R"(drop http any any -> any any (flow:to_server; http.uri; content:"q=evil"; sid:1;))");
    EXPECT_TRUE(client("GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"));
    EXPECT_TRUE(server("HTTP/1.1 101 x\r\nUpgrade: x\r\n\r\n"));
    EXPECT_TRUE(client(get));
}

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
