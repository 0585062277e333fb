// SPDX-License-Identifier: GPL-2.0-or-later
#include "crowd.h"

#include "nfsieve/inspect/signature_matcher.h"
#include "nfsieve/rules/compile.h"
#include "nfsieve/rules/json_reader.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

namespace nfsieve::bounds {

HundredRules::HundredRules() {
    std::string text = R"({"rules": [)";
    for (int i = 0; i < 99; ++i) {
        const std::string number = std::to_string(i);
        text += R"({"id": "r)" + number +
                R"(", "action": "drop", "match": {"payload": {"contains": "pattern)" + number +
                R"(rest"}}}, )";
    }
    text += R"({"id": "evil", "action": "drop", "match": {"payload": {"contains": "EVILPATTERN"}}}]})";
    rules_ = compile(read_rules(text, "bounds").specs).rules;
    if (!rules_)
        std::abort();
}

std::size_t HundredRules::matcher_state() const {
    constexpr std::size_t allocator = 2 * sizeof(void*);
    return rules_->group(true, 80)->stream_size + rules_->group(false, 80)->stream_size +
           2 * (sizeof(MatchStream) + allocator) + sizeof(SignatureFlow*);
}

Template::Template(std::string_view flags, std::uint32_t sequence, std::uint32_t acknowledgment,
                   std::string payload, bool to_server)
    : to_server_(to_server) {
    test::TcpPacket packet;
    packet.flags = test::flags(flags);
    packet.sequence = sequence;
    packet.acknowledgment = acknowledgment;
    packet.payload = std::move(payload);
    if (!to_server) {
        std::swap(packet.source, packet.destination);
        std::swap(packet.source_port, packet.destination_port);
    }
    bytes_ = test::build(packet);
}

Bytes Template::of(std::uint8_t crowd, std::uint32_t number, std::uint32_t offset) {
    constexpr std::uint32_t ports = 50000;
    std::uint8_t* address = bytes_.data() + (to_server_ ? 12 : 16);
    store_be32(address, 10U << 24 | std::uint32_t{crowd} << 16 | number / ports);
    store_be16(bytes_.data() + (to_server_ ? 20 : 22), static_cast<std::uint16_t>(1024 + number % ports));
    if (offset != 0)
        store_be32(bytes_.data() + 24, 1001 + offset);
    return bytes_;
}

Gateway::Gateway(const EngineConfig& config)
    : engine_(make_engine(config, rules_, {&counters_, &events_, nullptr})) {}

Verdict Gateway::judge(Bytes bytes) {
    Packet packet;
    packet.data = bytes;
    packet.time = now_;
    return engine_->judge(packet).verdict;
}

void Gateway::wait(Duration time) {
    now_ += time;
    engine_->tick(now_);
}

void Gateway::open(std::uint8_t crowd, std::uint32_t first, std::uint32_t last) {
    for (std::uint32_t number = first; number < last; ++number)
        for (Template* packet : {&syn_, &syn_ack_, &half_, &answer_, &ack_})
            static_cast<void>(judge(packet->of(crowd, number)));
}

std::uint32_t Gateway::finish(std::uint8_t crowd, std::uint32_t count) {
    std::uint32_t passed = 0;
    for (std::uint32_t number = 0; number < count; ++number)
        passed += judge(rest_.of(crowd, number)) == Verdict::accept ? 1U : 0U;
    return passed;
}

std::size_t resident() {
    std::ifstream file("/proc/self/statm");
    std::size_t size = 0, pages = 0;
    file >> size >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t thread_nanoseconds() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U +
           static_cast<std::uint64_t>(time.tv_nsec);
}

} // namespace nfsieve::bounds
