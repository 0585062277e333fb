// SPDX-License-Identifier: GPL-2.0-or-later
#include "suricata_fixture.h"

namespace nfsieve {
namespace {

using namespace test;

TEST(SuricataFlow, FlowSaysWhoseBytesAndWhen) {
    const SignatureSpec spec = one("flow: established, from_client, only_stream;");
    EXPECT_TRUE(spec.to_server && !spec.to_client && spec.only_stream && !spec.no_stream);
    EXPECT_EQ(spec.established, SignatureSpec::Established::yes);
    EXPECT_TRUE(one("flow:from_server,no_stream;").no_stream);
    EXPECT_EQ(one("flow:not_established;").established, SignatureSpec::Established::no);
    EXPECT_EQ(one("flow:stateless;").established, SignatureSpec::Established::any);
    for (const char* bad :
         {"to_server,to_client", "established,not_established", "only_stream,no_stream", "to_sever"})
        EXPECT_FALSE(refused(std::string("flow:") + bad + ";").empty()) << bad;
    EXPECT_FALSE(refused("flow:to_server; flow:established;").empty());
}

TEST(SuricataFlow, BitsAreRememberedByFlowOrHost) {
    using Bit = BitOperation;
    const auto bits = [](const std::string& options) { return one(options + ";").bits.at(0); };
    EXPECT_EQ(bits("flowbits:set,a"), (Bit{Bit::Scope::flow, Bit::Op::set, {"a"}, 0}));
    EXPECT_EQ(bits("flowbits: isset, a | b"), (Bit{Bit::Scope::flow, Bit::Op::is_set, {"a", "b"}, 0}));
    EXPECT_EQ(bits("flowbits:toggle,a").op, Bit::Op::toggle);
    EXPECT_EQ(bits("xbits:set,a,track ip_pair, expire 15"), (Bit{Bit::Scope::pair, Bit::Op::set, {"a"}, 15}));
    EXPECT_EQ(bits("xbits:isnotset,a,track ip_dst"),
              (Bit{Bit::Scope::destination, Bit::Op::is_not_set, {"a"}, 30}));
    EXPECT_EQ(bits("hostbits:unset,a"), (Bit{Bit::Scope::source, Bit::Op::unset, {"a"}, 300}));
    EXPECT_EQ(bits("hostbits:isset,a,dst").scope, Bit::Scope::destination);
    for (const char* bad : {"flowbits:set", "flowbits:put,a", "flowbits:set,a|b", "flowbits:set,a b",
                            "xbits:set,a", "xbits:set,a,track tx", "xbits:set,a,track ip_src,expire 0",
                            "hostbits:set,a,both", "hostbits:set,a,dst,60"})
        EXPECT_FALSE(refused(std::string(bad) + ";").empty()) << bad;
}

TEST(SuricataFlow, NoalertHasThreeSpellings) {
    for (const char* silent : {"noalert;", "flowbits:noalert;", "hostbits:noalert;"})
        EXPECT_TRUE(one(silent).noalert) << silent;
    EXPECT_TRUE(one("flowbits:noalert;").bits.empty());
}

TEST(SuricataFlow, CountersOfTheFlow) {
    using Op = CounterOperation::Op;
    EXPECT_EQ(one("flowint: a.b, +, 1;").counters.at(0), (CounterOperation{"a.b", Op::add, 1, ""}));
    EXPECT_EQ(one("flowint:a,>=,b;").counters.at(0), (CounterOperation{"a", Op::greater_equal, 0, "b"}));
    EXPECT_EQ(one("flowint:a,notset;").counters.at(0), (CounterOperation{"a", Op::is_not_set, 0, ""}));
    for (const char* bad : {"a", "a,+", "a,isset,1", "a,~,1", "a,+,4294967296x,1"})
        EXPECT_FALSE(refused(std::string("flowint:") + bad + ";").empty()) << bad;
}

TEST(SuricataFlow, StreamSizeAndProtocol) {
    using Whose = StreamSizeTest::Whose;
    EXPECT_EQ(one("stream_size:server,<,5;").stream_size.at(0),
              (StreamSizeTest{Whose::server, {NumberTest::Op::less, 5, 0}}));
    EXPECT_EQ(one("stream_size:either, !=, 5;").stream_size.at(0).size.op, NumberTest::Op::not_equal);
    EXPECT_FALSE(refused("stream_size:me,<,5;").empty());
    EXPECT_EQ(one("app-layer-protocol:!http;").app_protocol, AppProtocol::http);
    EXPECT_TRUE(one("app-layer-protocol:!http;").app_protocol_negated);
    EXPECT_EQ(one("app-layer-event:http.missing_host_header;").protocol, SignatureSpec::Protocol::http);
    EXPECT_NE(refused("app-layer-event:http.missing_host_headr;").find("did you mean"), std::string::npos);
}

TEST(SuricataFlow, RateLimitsInAnyOrder) {
    using Limit = RateLimit;
    const Limit expected{Limit::Kind::both, Limit::Track::destination, 5, 60};
    EXPECT_EQ(one("threshold: type both , track by_dst, count 5 , seconds 60;").limits.at(0), expected);
    EXPECT_EQ(one("threshold:seconds 60,count 5,track by_dst,type both;").limits.at(0), expected);
    EXPECT_EQ(one("detection_filter:track by_src,count 4,seconds 20;").limits.at(0),
              (Limit{Limit::Kind::detection_filter, Limit::Track::source, 4, 20}));
    for (const char* bad : {"threshold:type limit,track by_src,count 5;",
                            "threshold:type backoff,track by_src,count 5,seconds 1;",
                            "threshold:type limit,track by_me,count 5,seconds 1;",
                            "detection_filter:track by_src,count 0,seconds 1;",
                            "threshold:type limit,track by_src,count 1,seconds 1; detection_filter:track "
                            "by_src,count 1,seconds 1;"})
        EXPECT_FALSE(refused(bad).empty()) << bad;
}

TEST(SuricataFlow, OneEventOfTheStreamIsNoticed) {
    EXPECT_TRUE(one("stream-event:suspected_rst_inject;").resumed);
    EXPECT_FALSE(one("flags:A;").resumed);
    EXPECT_NE(refused("stream-event:est_invalid_ack;").find("nfsieve's own policies"), std::string::npos);
    EXPECT_FALSE(refused("stream-event:suspected_rst_inject; http.uri; content:\"a\";").empty());
}

TEST(SuricataFlow, FieldsOfThePacket) {
    using Mode = FlagsTest::Mode;
    EXPECT_EQ(one("flags:S,12;").flags, (FlagsTest{0x02, 0xc0, Mode::exactly}));
    EXPECT_EQ(one("tcp.flags:R,A;").flags, (FlagsTest{0x04, 0x10, Mode::exactly}));
    EXPECT_EQ(one("flags:*FRU;").flags, (FlagsTest{0x25, 0, Mode::any}));
    EXPECT_EQ(one("flags:PA+;").flags, (FlagsTest{0x18, 0, Mode::all}));
    EXPECT_EQ(one("flags:!A;").flags, (FlagsTest{0x10, 0, Mode::not_any}));
    EXPECT_EQ(one("flags:0;").flags, (FlagsTest{0, 0, Mode::exactly}));
    for (const char* bad : {"X", "+", "S,X", "S,A,F", "!+S"})
        EXPECT_FALSE(refused(std::string("flags:") + bad + ";").empty()) << bad;
    EXPECT_EQ(one("ack:3308437468;").ack, 3308437468U);
    EXPECT_EQ(one("seq:0;").seq, 0U);
    EXPECT_EQ(one("window:!55808;").window, (NumberTest{NumberTest::Op::not_equal, 55808, 0}));
    EXPECT_EQ(one("ttl:>10;").ttl, (NumberTest{NumberTest::Op::greater, 10, 0}));
    EXPECT_FALSE(refused("ttl:300;").empty());
}

TEST(SuricataDrops, ASelectionTurnsAlertsIntoDrops) {
    const std::string text =
        rule("classtype:trojan-activity; metadata:signature_severity Major;") + "\n#" + rule("");
    const auto dropped = [&](const DropSelection& drop, const std::string& rules) {
        SuricataOptions options = default_suricata_options();
        options.drop = drop;
        const ReadSignatures read = read_signatures(rules, "rules/emerging-dos.rules", options);
        std::size_t drops = 0;
        for (const SignatureSpec& spec : read.signatures)
            drops += spec.action == Action::drop ? 1 : 0;
        EXPECT_EQ(read.turned_to_drop, drops);
        return drops;
    };
    DropSelection none, sid, classtype, file, metadata;
    sid.sids = {7};
    classtype.classtypes = {"trojan-activity"};
    file.files = {"emerging-?os.*"};
    metadata.metadata = {{"signature_severity", "Major"}};
    EXPECT_EQ(dropped(none, text), 0U);
    for (const DropSelection& drop : {sid, classtype, file, metadata}) {
        EXPECT_EQ(dropped(drop, text), 1U);
        EXPECT_EQ(
            dropped(drop, rule("noalert; classtype:trojan-activity; metadata:signature_severity Major;")),
            0U);
    }
    metadata.metadata = {{"signature_severity", "Minor"}};
    file.files = {"emerging-dos"};
    EXPECT_EQ(dropped(metadata, text), 0U);
    EXPECT_EQ(dropped(file, text), 0U);
    EXPECT_EQ(dropped(sid, rule("", "pass tcp any any -> any any")), 0U);
}

} // namespace
} // namespace nfsieve
