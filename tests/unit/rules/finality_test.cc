// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/finality.h"

#include "nfsieve/rules/compile.h"
#include "nfsieve/rules/json_reader.h"
#include "nfsieve/rules/suricata_reader.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

/// `json`: the rules of a file; `text`: rules in Suricata's language.
std::shared_ptr<const RuleSet> compile_rules(const std::string& json, const std::string& text = "",
                                             const CompileOptions& options = {}) {
    ReadRules read = read_rules("{\"rules\": [" + json + "]}", "f");
    EXPECT_TRUE(read.errors.empty());
    ReadSignatures signatures = read_signatures(text, "t", default_suricata_options());
    EXPECT_TRUE(signatures.errors.empty());
    Compiled compiled = compile(read.specs, std::move(signatures.signatures), options);
    EXPECT_TRUE(compiled.errors.empty());
    return compiled.rules;
}

std::string rule(const std::string& id, const std::string& more, const std::string& match) {
    return R"({"id": ")" + id + R"(", "action": "drop", )" + more + R"("match": )" + match + "}";
}

std::vector<std::pair<std::string, std::uint64_t>> keepers(const RuleSet& set, std::span<const Keeper> list) {
    std::vector<std::pair<std::string, std::uint64_t>> found;
    for (const Keeper& keeper : list)
        found.emplace_back(set.rules()[keeper.rule].label.id, keeper.reach);
    return found;
}

using Keepers = std::vector<std::pair<std::string, std::uint64_t>>;

TEST(Finality, ARuleReachesAsFarAsItsBoundsAllow) {
    const auto set =
        compile_rules(rule("start", "", R"({"payload": {"starts_with": "SSH-"}})") + "," +
                      rule("deep", "", R"({"payload": {"contains": "abc", "offset": 10, "depth": 20}})"));
    EXPECT_EQ(keepers(*set, set->finality().payload(true, 80)), (Keepers{{"deep", 30}}));
}

TEST(Finality, ARuleAboutSomeEndsStandsBeforeThoseAboutAllThatReachLess) {
    const auto set = compile_rules(
        rule("all", "", R"({"payload": {"starts_with": "SSH-"}})") + "," +
        rule("some", R"("from": {"addresses": ["192.0.2.0/24"]}, )", R"({"payload": {"contains": "x"}})"));
    EXPECT_EQ(keepers(*set, set->finality().payload(true, 80)), (Keepers{{"some", no_limit}, {"all", 4}}));
}

TEST(Finality, DirectionsAndPortsAreApart) {
    const auto set = compile_rules(rule("up", R"("direction": "to_server", "to": {"ports": [80]}, )",
                                        R"({"payload": {"contains": "x"}})"));
    EXPECT_EQ(set->finality().payload(true, 80).size(), 1U);
    EXPECT_TRUE(set->finality().payload(false, 80).empty());
    EXPECT_TRUE(set->finality().payload(true, 81).empty());
}

TEST(Finality, SignaturesOfPayloadReachAnywhereAndThoseOfTransactionsNowhere) {
    const auto set = compile_rules("", R"(
drop tcp any any -> any 25 (msg:"packets"; flow:to_server; content:"abc"; depth:3; sid:1;)
drop http any any -> any any (msg:"uri"; http.uri; content:"abc"; sid:2;)
drop tls 192.0.2.1 any -> any any (msg:"sni"; tls.sni; content:"abc"; sid:3;)
)");
    EXPECT_EQ(keepers(*set, set->finality().payload(true, 25)), (Keepers{{"1", no_limit}}));
    EXPECT_TRUE(set->finality().payload(true, 80).empty());
    EXPECT_EQ(keepers(*set, set->finality().transactions(AppProtocol::http)), (Keepers{{"2", no_limit}}));
    EXPECT_EQ(keepers(*set, set->finality().transactions(AppProtocol::tls)), (Keepers{{"3", no_limit}}));
}

TEST(Finality, SignaturesOfPayloadEndWhereBothEndsEncryptAndOthersGoOn) {
    constexpr const char* text = R"(
drop tcp any any -> any any (msg:"payload"; flow:to_server; content:"abc"; sid:1;)
drop tcp any any -> any 25 (msg:"packets"; flow:to_server; dsize:>100; sid:2;)
)";
    const std::string json = rule("json", R"("direction": "to_server", "to": {"ports": [110]}, )",
                                  R"({"payload": {"contains": "x"}})");
    const auto set = compile_rules(json, text);
    EXPECT_EQ(keepers(*set, set->finality().payload(true, 80)), (Keepers{{"1", no_limit}}));
    EXPECT_TRUE(set->finality().payload(true, 80, true).empty());
    EXPECT_EQ(keepers(*set, set->finality().payload(true, 25, true)), (Keepers{{"2", no_limit}}));
    EXPECT_EQ(keepers(*set, set->finality().payload(true, 110, true)), (Keepers{{"json", no_limit}}));
    for (const PortFinality& ports : describe_finality(*set)) {
        const bool kept = ports.ports == std::vector<PortRange>{{25, 25}} ||
                          ports.ports == std::vector<PortRange>{{110, 110}};
        EXPECT_EQ(ports.until_encrypted, !kept) << ports.ports.front().first;
    }

    CompileOptions options;
    options.inspect_encrypted = true;
    const auto inspecting = compile_rules(json, text, options);
    EXPECT_EQ(keepers(*inspecting, inspecting->finality().payload(true, 80, true)),
              (Keepers{{"1", no_limit}}));
    EXPECT_FALSE(judge_alike(*set, *inspecting));
}

TEST(Finality, SignaturesAboutSynsKeepNoFlow) {
    const auto set = compile_rules("", R"(
alert tcp any any -> any 1 (msg:"syn alone"; flow:to_server; flags:S; sid:1;)
alert tcp any any -> any 1 (msg:"syn, whatever ECN says"; flow:to_server; flags:S,12; sid:2;)
alert tcp any any -> any 1 (msg:"syn and more"; flow:to_server; flags:+SA; sid:3;)
alert tcp any any -> any 2 (msg:"syn or fin"; flow:to_server; flags:*SF; sid:4;)
alert tcp any any -> any 2 (msg:"no syn"; flow:to_server; flags:!S; sid:5;)
)");
    EXPECT_TRUE(set->finality().payload(true, 1).empty());
    EXPECT_EQ(set->finality().payload(true, 2).size(), 1U) << "of rules about all ends one is enough";
}

TEST(Finality, PortsThatAreAlikeAreDescribedTogether) {
    const auto set =
        compile_rules(rule("web", R"("to": {"ports": [80, 8080]}, )", R"({"payload": {"contains": "x"}})"),
                      R"(drop tls any any -> any 443 (msg:"sni"; tls.sni; content:"abc"; sid:3;))");
    const auto described = describe_finality(*set);
    ASSERT_EQ(described.size(), 3U);
    EXPECT_EQ(described[0].ports.front(), (PortRange{0, 79}));
    EXPECT_EQ(described[0].ports.size(), 4U);
    EXPECT_EQ(described[0].reach, (std::array<std::uint64_t, 2>{0, 0}));
    EXPECT_EQ(described[1].ports, (std::vector<PortRange>{{80, 80}, {8080, 8080}}));
    EXPECT_EQ(described[1].reach, (std::array<std::uint64_t, 2>{no_limit, no_limit}));
    EXPECT_EQ(set->rules()[described[1].keepers[0]].label.id, "web");
    EXPECT_EQ(described[2].ports, (std::vector<PortRange>{{443, 443}}));
    EXPECT_TRUE(described[2].transactions[static_cast<std::size_t>(AppProtocol::tls)]);
    EXPECT_FALSE(described[2].transactions[static_cast<std::size_t>(AppProtocol::http)]);
}

TEST(JudgeAlike, OnlyWhatDecidesCounts) {
    const std::string one = rule("a", "", R"({"payload": {"contains": "x"}})");
    const auto before = compile_rules(one);
    EXPECT_TRUE(judge_alike(*before, *compile_rules("\n" + one)));
    EXPECT_FALSE(judge_alike(*before, *compile_rules(rule("a", "", R"({"payload": {"contains": "y"}})"))));
    EXPECT_FALSE(
        judge_alike(*before, *compile_rules(one + "," + rule("b", "", R"({"payload": {"contains": "z"}})"))));
}

} // namespace
} // namespace nfsieve
