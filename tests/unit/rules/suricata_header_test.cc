// SPDX-License-Identifier: GPL-2.0-or-later
#include "suricata_fixture.h"

namespace nfsieve {
namespace {

using namespace test;
using Protocol = SignatureSpec::Protocol;

Endpoint source(const std::string& addresses, const std::string& ports) {
    return one("content:\"x\";", "alert tcp " + addresses + " " + ports + " -> any any").source;
}

Address address(const char* text) {
    return parse_prefix(text)->address;
}

TEST(SuricataHeader, ActionsMeanWhatTheySay) {
    const auto with = [](const std::string& action) { return one("", action + " tcp any any -> any any"); };
    EXPECT_EQ(with("alert").action, Action::alert);
    EXPECT_EQ(with("drop").action, Action::drop);
    EXPECT_EQ(with("pass").action, Action::accept);
    EXPECT_EQ(with("reject").resets, SignatureSpec::Resets::both);
    EXPECT_EQ(with("rejectsrc").resets, SignatureSpec::Resets::source);
    EXPECT_EQ(with("rejectdst").action, Action::reject);
    EXPECT_EQ(with("rejectdst").resets, SignatureSpec::Resets::destination);
    EXPECT_NE(refused("", "allow tcp any any -> any any").find("\"allow\""), std::string::npos);
}

TEST(SuricataHeader, PassRulesAreSilentUnlessTheySayAlert) {
    EXPECT_TRUE(one("", "pass tcp any any -> any any").noalert);
    EXPECT_FALSE(one("alert;", "pass tcp any any -> any any").noalert);
    EXPECT_FALSE(one("", "drop tcp any any -> any any").noalert);
}

TEST(SuricataHeader, ProtocolsAreReadSetAsideOrRefused) {
    const auto with = [](const std::string& word) {
        return one("", "alert " + word + " any any -> any any");
    };
    EXPECT_EQ(with("tcp").protocol, Protocol::tcp);
    EXPECT_EQ(with("tcp-pkt").protocol, Protocol::tcp_packet);
    EXPECT_EQ(with("tcp-stream").protocol, Protocol::tcp_stream);
    EXPECT_EQ(with("http1").protocol, Protocol::http);
    EXPECT_EQ(with("ssl").protocol, Protocol::tls);
    const ReadSignatures others = read(rule("dns.query; content:\"x\";", "alert dns any any -> any any") +
                                       "\n" + rule("nonsense;", "alert udp any any -> any 53") + "\n" +
                                       rule("", "drop http2 any any -> any any"));
    EXPECT_TRUE(others.errors.empty());
    EXPECT_EQ(others.out_of_scope, (OutOfScope{{"dns", 1}, {"http2", 1}, {"udp", 1}}));
    EXPECT_NE(refused("", "alert htpp any any -> any any").find("did you mean \"http\""), std::string::npos);
}

TEST(SuricataHeader, AnIpRuleIsOursWhereItLooksAtStreams) {
    EXPECT_EQ(one("content:\"x\";", "alert ip any any -> any any").protocol, Protocol::tcp);
    EXPECT_EQ(one("flow:established;", "reject ip any any -> any any").protocol, Protocol::tcp);
    EXPECT_EQ(one("http.uri; content:\"x\";", "alert ip any any -> any any").protocol, Protocol::http);
    const ReadSignatures bare = read(rule("ip_proto:41;", "alert ip any any -> any any"));
    EXPECT_TRUE(bare.errors.empty());
    EXPECT_EQ(bare.out_of_scope, (OutOfScope{{"ip", 1}}));
}

TEST(SuricataHeader, AnyIsAnEmptySet) {
    EXPECT_EQ(source("any", "any"), Endpoint{});
    EXPECT_EQ(source("$HOME_NET", "any"), Endpoint{});
}

TEST(SuricataHeader, PortsMayBeListsRangesAndNegated) {
    using Ranges = std::vector<PortRange>;
    EXPECT_EQ(source("any", "80").ports.ranges, (Ranges{{80, 80}}));
    EXPECT_EQ(source("any", "[80, 8000:8010]").ports.ranges, (Ranges{{80, 80}, {8000, 8010}}));
    EXPECT_EQ(source("any", "1024:").ports.ranges, (Ranges{{1024, 65535}}));
    EXPECT_EQ(source("any", ":1023").ports.ranges, (Ranges{{0, 1023}}));
    EXPECT_EQ(source("any", "!80").ports.ranges, (Ranges{{0, 79}, {81, 65535}}));
    EXPECT_EQ(source("any", "[1:10,![3,5:6]]").ports.ranges, (Ranges{{1, 2}, {4, 4}, {7, 10}}));
    EXPECT_EQ(source("any", "$SHELLCODE_PORTS").ports.ranges, (Ranges{{0, 79}, {81, 65535}}));
    EXPECT_EQ(source("any", "$FILE_DATA_PORTS").ports.ranges, (Ranges{{80, 80}, {110, 110}, {143, 143}}));
}

TEST(SuricataHeader, AddressesMayBeListsRangesMasksAndNegated) {
    const AddressSet list = source("[10.0.0.0/8,!10.1.0.0/16, fd00::/8]", "any").addresses;
    EXPECT_TRUE(list.contains(address("10.2.0.1")));
    EXPECT_FALSE(list.contains(address("10.1.0.1")));
    EXPECT_TRUE(list.contains(address("fd00::1")));
    const AddressSet range = source("10.0.0.3-10.0.0.17", "any").addresses;
    for (const char* inside : {"10.0.0.3", "10.0.0.8", "10.0.0.17"})
        EXPECT_TRUE(range.contains(address(inside))) << inside;
    for (const char* outside : {"10.0.0.2", "10.0.0.18"})
        EXPECT_FALSE(range.contains(address(outside))) << outside;
    EXPECT_EQ(source("10.1.2.3/255.255.0.0", "any"), source("10.1.0.0/16", "any"));
    EXPECT_EQ(source("10.1.2.3/16", "any"), source("10.1.0.0/16", "any"));
    const AddressSet twice = source("![10.0.0.0/8,![10.1.0.0/16]]", "any").addresses;
    EXPECT_TRUE(twice.contains(address("10.1.0.1")));
    EXPECT_FALSE(twice.contains(address("10.2.0.1")));
}

TEST(SuricataHeader, VariablesComeFromTheConfiguration) {
    SuricataOptions options = default_suricata_options();
    options.address_variables["HOME_NET"] = "[192.0.2.0/24]";
    options.address_variables["EXTERNAL_NET"] = "!$HOME_NET";
    const auto read =
        read_signatures(rule("", "alert tcp $EXTERNAL_NET any -> $HTTP_SERVERS any"), "f", options);
    ASSERT_EQ(read.signatures.size(), 1U);
    EXPECT_FALSE(read.signatures[0].source.addresses.contains(address("192.0.2.1")));
    EXPECT_TRUE(read.signatures[0].source.addresses.contains(address("198.51.100.1")));
    EXPECT_TRUE(read.signatures[0].destination.addresses.contains(address("192.0.2.1")));
}

TEST(SuricataHeader, AnUnknownVariableNamesTheKeyToAdd) {
    EXPECT_NE(
        refused("", "alert tcp $GAME_SERVERS any -> any any").find("suricata.address_variables.GAME_SERVERS"),
        std::string::npos);
    EXPECT_NE(
        refused("", "alert tcp any $HTTPS_PORTS -> any any").find("suricata.port_variables.HTTPS_PORTS"),
        std::string::npos);
    EXPECT_NE(refused("", "alert tcp $HOMENET any -> any any").find("$HOME_NET"), std::string::npos);
    EXPECT_NE(refused("", "alert tcp $HTTP_PORTS any -> any any").find("does not hold addresses"),
              std::string::npos);
}

TEST(SuricataHeader, AVariableThatNamesItselfIsACircle) {
    SuricataOptions options;
    options.address_variables = {{"A", "[$B,10.0.0.1]"}, {"B", "!$A"}};
    EXPECT_EQ(read_signatures(rule("", "alert tcp $A any -> any any"), "f", options).errors.size(), 1U);
}

TEST(SuricataHeader, BadEndsAreRefused) {
    for (const char* bad : {"300.1.1.1", "10.0.0.0/33", "10.0.0.9-10.0.0.1", "[10.0.0.1", "10.0.0.1]", "[]",
                            "!any", "[10.0.0.1,]", "10.0.0.0/255.0.255.0", "!!any]"})
        EXPECT_FALSE(refused("", std::string("alert tcp ") + bad + " any -> any any").empty()) << bad;
    for (const char* bad : {"65536", "90:80", "http", ":", "[80,!80]", "!any", "8-9"})
        EXPECT_FALSE(refused("", std::string("alert tcp any ") + bad + " -> any any").empty()) << bad;
}

TEST(SuricataHeader, BothDirectionsAreOneRule) {
    EXPECT_TRUE(one("", "alert tcp any any <> any 80").both_ways);
    EXPECT_FALSE(one("", "alert tcp any any -> any 80").both_ways);
    EXPECT_NE(refused("", "alert tcp any any <- any 80").find("no direction"), std::string::npos);
}

} // namespace
} // namespace nfsieve
