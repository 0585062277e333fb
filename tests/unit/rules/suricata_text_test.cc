// SPDX-License-Identifier: GPL-2.0-or-later
// Lines, places and what the reader counts.
#include "suricata_fixture.h"

namespace nfsieve {
namespace {

using namespace test;

TEST(SuricataText, LinesMayGoOn) {
    const ReadSignatures result = read("alert tcp any any -> any any ( \\\r\n"
                                       "  content:\"ab\\\n"
                                       "cd\"; sid:1;)\r\n");
    ASSERT_EQ(result.errors.size(), 0U);
    ASSERT_EQ(result.signatures.size(), 1U);
    EXPECT_EQ(content(result.signatures[0], 0, 0).bytes, "abcd");
    EXPECT_EQ(result.signatures[0].label.place.line, 1U);
    EXPECT_EQ(result.signatures[0].buffers[0].place.line, 2U);
    EXPECT_EQ(result.signatures[0].buffers[0].place.column, 3U);
}

TEST(SuricataText, CommentsAreNoRulesAndDisabledOnesAreCounted) {
    const ReadSignatures result = read("# a comment (with parentheses)\n\n"
                                       "#alert tcp any any -> any any (sid:1;)\n"
                                       "  # drop http any any -> any any (sid:2;)\n"
                                       "##  alert dns any any -> any any (sid:3;)\n"
                                       "\t\n" +
                                       rule("") + "\n# alert the operator\n");
    EXPECT_EQ(result.disabled, 3U);
    EXPECT_EQ(result.signatures.size(), 1U);
    EXPECT_TRUE(result.errors.empty());
}

TEST(SuricataText, EveryComplaintHasItsPlaceAndSid) {
    const ReadSignatures result =
        read("# one\n"
             "alert tcp any any -> any any (content:\"a\"; conten:\"b\"; sid:11;)\n" +
             rule("content:\"c\"; \\\n depth:0;") + "\n" + rule("") +
             "\n"
             "nonsense\n"
             "alert tcp any $X -> any any (lua:a.lua; sid:12; depth:4;)\n");
    ASSERT_EQ(result.errors.size(), 6U);
    const auto at = [&](std::size_t i) {
        const RuleError& error = result.errors[i];
        return error.rule + "@" + std::to_string(error.place.line) + ":" + std::to_string(error.place.column);
    };
    EXPECT_EQ(at(0), "11@2:44");
    EXPECT_NE(result.errors[0].message.find("did you mean \"content\""), std::string::npos);
    EXPECT_EQ(at(1), "7@3:40");
    EXPECT_EQ(at(2), "@6:9");
    EXPECT_EQ(at(3), "12@7:15");
    EXPECT_EQ(at(4), "12@7:30");
    EXPECT_EQ(at(5), "12@7:55");
    EXPECT_EQ(result.errors[0].place.file, "f.rules");
    EXPECT_EQ(result.signatures.size(), 1U); // the good one between them
}

TEST(SuricataText, ASemicolonIsEscapedAndAMissingOneIsToldOf) {
    EXPECT_EQ(one("content:\"a\\;b\\\"c\\\\d\\:\";").buffers[0].checks.size(), 1U);
    EXPECT_EQ(content(one("content:\"a\\;b\\\"c\\\\d\\:\";"), 0, 0).bytes, "a;b\"c\\d:");
    EXPECT_NE(refused("content:\"a;b\";").find("|3b|"), std::string::npos);
    EXPECT_NE(read("alert tcp any any -> any any (sid:1; rev:2)").errors.at(0).message.find("no ';'"),
              std::string::npos);
    EXPECT_FALSE(read("alert tcp any any -> any any (sid:1;").errors.empty());
    EXPECT_FALSE(read("alert tcp any any -> any any (sid:1;) rest").errors.empty());
}

TEST(SuricataText, LabelsSayWhatEventsNeed) {
    const ReadSignatures result =
        read("alert tcp any any -> any any (msg:\"A\\; \\\"b\\\"\"; classtype:trojan-activity; sid:2000001; "
             "rev:3; "
             "reference:url,example.org/a; metadata:created_at 2020_01_01, tag X y, alone;)");
    ASSERT_EQ(result.signatures.size(), 1U);
    const SignatureSpec& spec = result.signatures[0];
    EXPECT_EQ(spec.label.id, "2000001");
    EXPECT_EQ(spec.label.signature_id, 2000001U);
    EXPECT_EQ(spec.label.revision, 3U);
    EXPECT_EQ(spec.label.severity, 1U);
    EXPECT_EQ(spec.label.category, "A Network Trojan was detected");
    EXPECT_EQ(spec.label.signature, "A; \"b\"");
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    EXPECT_EQ(spec.references, (Pairs{{"url", "example.org/a"}}));
    EXPECT_EQ(spec.metadata, (Pairs{{"created_at", "2020_01_01"}, {"tag", "X y"}, {"alone", ""}}));
}

TEST(SuricataText, APriorityOfItsOwnOutweighsTheClasstypes) {
    EXPECT_EQ(one("priority:4; classtype:trojan-activity;").label.severity, 4U);
    EXPECT_EQ(one("classtype:trojan-activity; priority:4;").label.severity, 4U);
    EXPECT_EQ(one("classtype:of-our-own;").label.severity, 3U);
    EXPECT_EQ(one("").label.severity, 3U);
}

TEST(SuricataText, ARuleNeedsOneSid) {
    EXPECT_FALSE(read("alert tcp any any -> any any (msg:\"m\";)").errors.empty());
    EXPECT_FALSE(refused("sid:8;").empty());
    EXPECT_FALSE(read("alert tcp any any -> any any (sid:0;)").errors.empty());
}

TEST(SuricataText, WhatIsRequiredDecidesWhetherTheRuleIsOurs) {
    EXPECT_EQ(one("requires:version >= 7.0.3;").label.id, "7");
    EXPECT_EQ(one("requires:version < 6 | >= 7.0.3 < 8, keyword http.uri;").label.id, "7");
    for (const char* unmet :
         {"version >= 8", "feature geoip", "keyword ldap.request.operation", "version < 7.0.10"}) {
        const ReadSignatures result = read(rule(std::string("requires:") + unmet + "; unheard_of;"));
        EXPECT_TRUE(result.errors.empty()) << unmet;
        EXPECT_EQ(result.out_of_scope.size(), 1U) << unmet;
    }
    EXPECT_FALSE(refused("requires:money;").empty());
}

TEST(SuricataText, KeywordsOfOtherProtocolsSetTheRuleAside) {
    const ReadSignatures result = read(rule("dns.query; content:\"x\"; depth:0;"));
    EXPECT_TRUE(result.errors.empty());
    EXPECT_TRUE(result.signatures.empty());
    EXPECT_EQ(result.out_of_scope, (OutOfScope{{"dns", 1}}));
}

TEST(SuricataText, WhatCannotBeHonouredIsRefusedByName) {
    for (const char* keyword :
         {"lua:a.lua", "dataset:isset,a", "asn1:double_overflow", "ip_proto:6", "filemd5:a", "filename:\"a\"",
          "dce_stub_data", "http2.header", "ssl_state:client_hello", "iprep:src,a,>,1", "geoip:src,DE",
          "stream-event:est_syn_toserver", "fragbits:M", "byte_test:2,=,1,0,dce", "byte_jump:2,0,dce",
          "app-layer-protocol:smtp", "app-layer-event:smtp.invalid_reply", "flow:only_frag", "bypass"}) {
        const std::string said = refused(std::string("content:\"x\"; ") + keyword + ";");
        EXPECT_NE(said.find(std::string(keyword).substr(0, std::string(keyword).find(':'))),
                  std::string::npos)
            << keyword << ": " << said;
    }
}

TEST(SuricataText, SomeKeywordsAreReadWithoutEffect) {
    const SignatureSpec spec = one("target:src_ip; tag:session,5,packets; filestore; prefilter; gid:1; "
                                   "content:\"x\"; rawbytes;");
    EXPECT_EQ(spec.buffers, one("content:\"x\";").buffers);
}

} // namespace
} // namespace nfsieve
