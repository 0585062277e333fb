// SPDX-License-Identifier: GPL-2.0-or-later
#include "suricata_fixture.h"

namespace nfsieve {
namespace {

using namespace test;

TEST(SuricataBytes, ByteTest) {
    using Op = ByteTestCheck::Op;
    const auto parsed = [](const std::string& value) {
        return check<ByteTestCheck>(one("byte_test:" + value + ";"), 0, 0);
    };
    const ByteTestCheck plain = parsed("2,>,0x10,-3,relative,little,bitmask 0x0ff0");
    EXPECT_EQ(plain.field.count, (Operand{2, {}}));
    EXPECT_EQ(plain.field.offset, (Operand{-3, {}}));
    EXPECT_EQ(plain.value, (Operand{16, {}}));
    EXPECT_TRUE(plain.field.relative && plain.field.little_endian);
    EXPECT_EQ(plain.field.bitmask, 0x0ff0U);
    EXPECT_EQ(plain.op, Op::greater);
    EXPECT_EQ(parsed("1,!&,128,6").op, Op::bit_and);
    EXPECT_TRUE(parsed("1,!&,128,6").negated);
    EXPECT_EQ(parsed("1,^,1,0").op, Op::bit_or);
    EXPECT_EQ(parsed("1,<=,1,0").op, Op::less_equal);
    EXPECT_EQ(parsed("1, = ,1,0").op, Op::equal);
    EXPECT_EQ(parsed("0,=,40,0,string,dec").field.base, 10);
    EXPECT_EQ(parsed("2,<,0x21,0,relative,string,hex").field.base, 16);
    EXPECT_EQ(parsed("8,=,0xffffffffffffffff,0").value.number, -1);
    for (const char* bad : {"2,>,1", "9,>,1,0", "2,~,1,0", "2,>,x,0", "2,>,1,0,string", "2,>,1,0,dec",
                            "2,>,1,-1", "2,>,1,0,odd", "2,>,1,0,string,dec,little", "2,>,1,0,bitmask 0"})
        EXPECT_FALSE(refused(std::string("byte_test:") + bad + ";").empty()) << bad;
}

TEST(SuricataBytes, ByteJump) {
    using From = ByteJumpCheck::From;
    const auto parsed = [](const std::string& value) {
        return check<ByteJumpCheck>(one("byte_jump:" + value + ";"), 0, 0);
    };
    const ByteJumpCheck all =
        parsed("4,-10,relative,little,align,multiplier 2,from_beginning,post_offset -5");
    EXPECT_EQ(all.from, From::beginning);
    EXPECT_EQ(all.multiplier, 2U);
    EXPECT_TRUE(all.align && all.field.relative && all.field.little_endian);
    EXPECT_EQ(all.post_offset, -5);
    EXPECT_EQ(parsed("0,0,from_end,post_offset 3").from, From::end);
    EXPECT_EQ(parsed("1,44,string,dec").field.base, 10);
    EXPECT_FALSE(refused("byte_jump:4;").empty());
    EXPECT_FALSE(refused("byte_jump:4,0,post_offset x;").empty());
}

TEST(SuricataBytes, ByteExtractAndMathSetVariables) {
    const SignatureSpec spec =
        one("byte_extract:2,3,a,relative,multiplier 4,align 2; "
            "byte_math:bytes 1, offset 2, oper <<, rvalue a, result b, relative, endian little, "
            "bitmask 0x0f; byte_test:1,=,b,0; isdataat:!b,relative;");
    EXPECT_EQ(spec.variables, (std::vector<std::string>{"a", "b"}));
    const auto& extract = check<ByteExtractCheck>(spec, 0, 0);
    EXPECT_EQ(extract.variable, 0U);
    EXPECT_EQ(extract.multiplier, 4U);
    EXPECT_EQ(extract.align, 2);
    const auto& math = check<ByteMathCheck>(spec, 0, 1);
    EXPECT_EQ(math.op, ByteMathCheck::Op::shift_left);
    EXPECT_EQ(math.value, (Operand{0, 0U}));
    EXPECT_EQ(math.variable, 1U);
    EXPECT_TRUE(math.field.little_endian);
    EXPECT_EQ(check<ByteTestCheck>(spec, 0, 2).value, (Operand{0, 1U}));
    EXPECT_EQ(check<IsDataAtCheck>(spec, 0, 3), (IsDataAtCheck{Operand{0, 1U}, true, true}));
    for (const char* bad : {"byte_extract:2,3;", "byte_extract:2,3,4;", "byte_extract:2,3,a,align 3;",
                            "byte_math:bytes 1, offset 2, oper %, rvalue 1, result b;",
                            "byte_math:bytes 1, offset 2, oper +, result b;"})
        EXPECT_FALSE(refused(bad).empty()) << bad;
}

TEST(SuricataBytes, AVariableHoldsFromOneHeaderOfThePacketToTheNext) {
    const SignatureSpec spec =
        one("ipv4.hdr; byte_extract:1,1,a; byte_math:bytes 1, offset 0, oper +, rvalue a, "
            "result b; tcp.hdr; byte_test:1,=,b,0; byte_test:1,=,a,1;");
    EXPECT_EQ(check<ByteTestCheck>(spec, 1, 0).value, (Operand{0, 1U}));
    EXPECT_EQ(check<ByteTestCheck>(spec, 1, 1).value, (Operand{0, 0U}));
    for (const char* bad :
         {"byte_extract:1,1,a; tcp.hdr; byte_test:1,=,a,0;",
          "tcp.hdr; byte_extract:1,1,a; pkt_data; byte_test:1,=,a,0;",
          "http.uri; byte_extract:1,1,a; http.host; byte_test:1,=,a,0;",
          // what lies between them, and a variable that may have one of several values
          "ipv4.hdr; byte_extract:1,1,a; pkt_data; content:\"x\"; tcp.hdr; byte_test:1,=,a,0;",
          "ipv4.hdr; content:\"x\"; byte_extract:1,1,a,relative; tcp.hdr; byte_test:1,=,a,0;"})
        EXPECT_NE(refused(bad).find("is set in another buffer"), std::string::npos) << bad;
}

TEST(SuricataBytes, SizesCompareAsInSuricata) {
    using Op = NumberTest::Op;
    const auto parsed = [](const std::string& value) { return one("dsize:" + value + ";").dsize.at(0); };
    EXPECT_EQ(parsed("5"), (NumberTest{Op::equal, 5, 0}));
    EXPECT_EQ(parsed("<5"), (NumberTest{Op::less, 5, 0}));
    EXPECT_EQ(parsed(">=5"), (NumberTest{Op::greater_equal, 5, 0}));
    EXPECT_EQ(parsed("!5"), (NumberTest{Op::not_equal, 5, 0}));
    EXPECT_EQ(parsed(" > 5"), (NumberTest{Op::greater, 5, 0}));
    EXPECT_EQ(parsed("5<>8"), (NumberTest{Op::range, 6, 7})); // both ends are left out
    for (const char* bad : {"x", "5<>6", "8<>5", "70000", "<", "5 6"})
        EXPECT_FALSE(refused(std::string("dsize:") + bad + ";").empty()) << bad;
}

} // namespace
} // namespace nfsieve
