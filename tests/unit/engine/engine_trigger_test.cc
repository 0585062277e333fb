// SPDX-License-Identifier: GPL-2.0-or-later
// Rules whose literal stands at a buffer's beginning, and rules about payload and a transaction together:
// however the bytes are cut, what triggers a rule is found in time.
#include "engine_fixture.h"

#include <random>
#include <set>

namespace nfsieve::test {
namespace {

const std::string get = "GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n";

std::string post(const std::string& headers) {
    return "POST /form HTTP/1.1\r\nHost: a\r\n" + headers + "Content-Length: 0\r\n\r\n";
}

std::string answer(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class EngineTrigger : public EngineTest {
protected:
    Conversation talk;

    void begin(const std::string& text) {
        start_signatures(text, {});
        reopen();
    }
    void reopen() {
        talk = Conversation("192.0.2.1", "198.51.100.1", next_port_++);
        events.events.clear();
        open(talk);
    }
    bool client(const std::string& text) { return passes(talk.client_data(text)); }
    /// The client acknowledges what arrives.
    bool server(const std::string& text) {
        return passes(talk.server_data(text)) && passes(talk.client_ack());
    }
    std::size_t client_pieces(const std::string& text, std::size_t size) {
        return pieces(text, size, &EngineTrigger::client);
    }
    std::size_t server_pieces(const std::string& text, std::size_t size) {
        return pieces(text, size, &EngineTrigger::server);
    }

private:
    /// In segments of `size` bytes; the bytes that passed before the first segment that did not.
    std::size_t pieces(const std::string& text, std::size_t size,
                       bool (EngineTrigger::*say)(const std::string&)) {
        for (std::size_t at = 0; at < text.size(); at += size)
            if (!(this->*say)(text.substr(at, size)))
                return at;
        return text.size();
    }

    std::uint16_t next_port_ = 40000;
};

TEST_F(EngineTrigger, TheHeadOfABodyIsFoundHoweverItIsCut) {
    begin(R"(drop http any any -> any any (file.data; content:"MZ"; depth:2; content:"evil"; sid:1;))");
    const std::string program = answer("MZ......evil...."), text = answer("xxMZ......evil..");
    for (const std::size_t size : {1U, 2U, 3U, 50U, 1000U}) {
        reopen();
        EXPECT_TRUE(client(get));
        EXPECT_EQ(server_pieces(text, size), text.size()) << size;
        EXPECT_TRUE(client(get));
        EXPECT_LT(server_pieces(program, size), program.size()) << size;
        EXPECT_EQ(events.names(), "1") << size;
    }
}

TEST_F(EngineTrigger, TheHeadOfAStreamIsFoundHoweverItIsCut) {
    begin(R"(drop tcp any any -> any 80 (flow:to_server; content:"|01|"; offset:5; depth:1; sid:1;))");
    const std::string bad = std::string("abcde\x01", 6) + "fgh", good = std::string("abcdef\x01", 7) + "gh";
    for (const std::size_t size : {1U, 2U, 3U, 4U, 9U}) {
        reopen();
        EXPECT_EQ(client_pieces(bad, size), (6 - 1) / size * size) << size;
        reopen();
        EXPECT_EQ(client_pieces(good, size), good.size()) << size;
    }
}

TEST_F(EngineTrigger, TheHeadOfEachPacketIsLookedAt) {
    begin(R"(drop tcp any any -> any 80 (flow:to_server; content:"ab"; offset:1; depth:2; sid:1;))");
    EXPECT_TRUE(client(std::string(1000, 'x')));
    EXPECT_TRUE(client("xxab"));
    EXPECT_FALSE(client("xabx"));
}

TEST_F(EngineTrigger, PayloadAndARequestTogetherInOneSegment) {
    begin(
        R"(drop http any any -> any any (content:"X-Mark|3a| evil"; http.cookie; content:"session"; sid:1;))");
    EXPECT_TRUE(client(post("X-Mark: fine\r\nCookie: session\r\n")));
    EXPECT_TRUE(server(answer("x")));
    EXPECT_FALSE(client(post("X-Mark: evil\r\nCookie: session\r\n")));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineTrigger, PayloadFarAheadOfWhatAsksForIt) {
    begin(
        R"(drop http any any -> any any (content:"X-Mark|3a| evil"; http.cookie; content:"session"; sid:1;))");
    std::string between;
    for (int i = 0; i < 100; ++i)
        between += "X-" + std::to_string(i) + ": " + std::string(40, 'x') + "\r\n";
    for (const std::size_t size : {7U, 100U, 1000U, 10000U}) {
        reopen();
        const std::string fine = post("X-Mark: fine\r\n" + between + "Cookie: session\r\n");
        EXPECT_EQ(client_pieces(fine, size), fine.size()) << size;
        EXPECT_TRUE(server(answer("x")));
        const std::string bad = post("X-Mark: evil\r\n" + between + "Cookie: session\r\n");
        EXPECT_LT(client_pieces(bad, size), bad.size()) << size;
        EXPECT_EQ(events.names(), "1") << size;
    }
}

TEST_F(EngineTrigger, PayloadOfTheNextRequestThatBeginsInTheSameSegment) {
    begin(
        R"(drop http any any -> any any (content:"X-Mark|3a| evil"; http.cookie; content:"session"; sid:1;))");
    const std::string second =
        post("X-Mark: evil\r\nX-Long: " + std::string(3000, 'x') + "\r\nCookie: session\r\n");
    EXPECT_TRUE(client(get + second.substr(0, 60)));
    EXPECT_TRUE(client(second.substr(60, 1500)));
    EXPECT_FALSE(client(second.substr(1560)));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineTrigger, PayloadOfABodyBehindTheHeadersThatAskForIt) {
    begin(R"(drop http any any -> any any (content:"evil body"; http.uri; content:"/form"; sid:1;))");
    EXPECT_TRUE(client("POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 2009\r\n\r\n"));
    EXPECT_TRUE(client(std::string(2000, 'x')));
    EXPECT_FALSE(client("evil body"));
}

TEST_F(EngineTrigger, PayloadAndARequestAndThePacketsHeaderTogether) {
    begin(
        R"(drop http any any -> any any (content:"X-Mark|3a| evil"; http.uri; content:"/form"; ipv4.hdr; content:"|45|"; depth:1; sid:1;))");
    EXPECT_TRUE(client(post("X-Mark: fine\r\n")));
    EXPECT_TRUE(server(answer("x")));
    EXPECT_FALSE(client(post("X-Mark: evil\r\n")));
}

TEST_F(EngineTrigger, AnExpensiveRuleMissesNothingOfALongBody) {
    begin(R"(drop http any any -> any any (file.data; pcre:"/x(?:[^xy]|z)*y{9}|evilmark/"; sid:1;))");
    for (const std::size_t place : {300'000U, 2'100'000U, 2'500'000U, 3'700'000U}) {
        reopen();
        EXPECT_TRUE(client(get));
        std::string body;
        while (body.size() < 4'000'000)
            body += (body.size() / 1000 % 10 == 0 ? "x" : "") + std::string(1000, '.');
        body.replace(place, 8, "evilmark");
        EXPECT_LT(server_pieces(answer(body), 1400), place + 100'000) << place;
        EXPECT_EQ(events.names(), "1") << place;
    }
}

TEST_F(EngineTrigger, PayloadThatComesBitByBitDoesNotMakeARuleExpensive) {
    begin(R"(alert tcp any any -> any any (flow:to_server; content:"begin"; pcre:"/(a+)+x/"; sid:1;))");
    client_pieces("begin" + std::string(40, 'a') + "!x" + std::string(600, '.'), 1);
    engine->tick(now);
    EXPECT_GT(count(Counter::check_limits), 0U);
    EXPECT_LT(count(Counter::check_limits), 100U) << "of 647 segments";
}

TEST_F(EngineTrigger, AnExpensiveRuleIsLookedAtNowAndThen) {
    begin(R"(alert tcp any any -> any any (flow:to_server; content:"begin"; pcre:"/(a+)+x/"; sid:1;))");
    client_pieces("begin" + std::string(16, 'a') + "!x" + std::string(600, '.') + "aax", 1);
    EXPECT_EQ(events.names(), "") << "this has cost a lot, and little is new";
    client_pieces(std::string(96, '.'), 1);
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineTrigger, WhatALackingContentKeepsFromBeingLookedAtIsMissedNowhere) {
    std::mt19937 random(1);
    const auto below = [&](std::size_t most) { return static_cast<std::size_t>(random() % most); };
    const auto letters = [&](std::size_t most) {
        std::string text(1 + below(most), 'a');
        for (char& c : text)
            c = "abcA"[below(4)];
        return text;
    };
    std::string all;
    for (int sid = 1; sid <= 60; ++sid) {
        all += "alert tcp any any -> any any (flow:established,to_server,only_stream; content:\"" +
               letters(3) + "\";";
        for (std::size_t more = below(3); more > 0; --more) {
            all += " content:\"" + letters(3) + "\";";
            if (below(2) == 0)
                all += " nocase;";
            if (below(2) == 0)
                all += " distance:" + std::to_string(below(3)) + "; within:" + std::to_string(4 + below(9)) +
                       ";";
            else if (below(3) == 0)
                all +=
                    " offset:" + std::to_string(below(8)) + "; depth:" + std::to_string(4 + below(20)) + ";";
        }
        if (below(4) == 0)
            all += " pcre:\"/[ab]" + letters(2) + ".c/\";";
        all += " sid:" + std::to_string(sid) + ";)\n";
    }
    begin(all);
    std::size_t matches = 0;
    for (int round = 0; round < 60; ++round) {
        std::string payload;
        for (int i = 0; i < 12; ++i)
            payload += letters(5) + std::string(below(3), '.');
        std::set<std::string> whole;
        for (const std::size_t cut : {payload.size(), std::size_t{1}, std::size_t{3}, std::size_t{11}}) {
            reopen();
            client_pieces(payload, cut);
            std::set<std::string> fired;
            for (const Event& event : events.events)
                fired.insert(event.rule->id);
            if (cut == payload.size())
                whole = fired;
            matches += fired.size();
            EXPECT_EQ(fired, whole) << payload << " cut by " << cut << "\n" << all;
        }
    }
    EXPECT_GT(matches, 1000U);
}

} // namespace
} // namespace nfsieve::test
