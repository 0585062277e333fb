// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/config.h"

#include <algorithm>

namespace nfsieve {

const char* name(Hook hook) {
    switch (hook) {
    case Hook::forward:
        return "forward";
    case Hook::input:
        return "input";
    case Hook::output:
        return "output";
    }
    return "";
}

EngineConfig worker_engine_config(const SealedConfig& config, std::uint32_t workers) {
    EngineConfig engine = config.engine;
    engine.flow_memory /= workers;
    engine.held_memory /= workers;
    engine.held_per_flow = std::min(engine.held_per_flow, engine.held_memory);
    return engine;
}

std::vector<std::string> sealed_changes(const SealedConfig& running, const SealedConfig& read) {
    std::vector<std::string> keys;
    const auto compare = [&](const char* key, bool same) {
        if (!same)
            keys.emplace_back(key);
    };
    const EngineConfig& old_engine = running.engine;
    const EngineConfig& new_engine = read.engine;
    compare("queues", running.queues == read.queues);
    compare("affinity", running.affinity == read.affinity);
    compare("queue_length", running.queue_length == read.queue_length);
    compare("receive_buffer", running.receive_buffer == read.receive_buffer);
    compare("conntrack", running.conntrack == read.conntrack);
    compare("mark_mask", old_engine.marks.mask == new_engine.marks.mask);
    compare("offload", running.offload == read.offload);
    compare("memory", old_engine.flow_memory == new_engine.flow_memory &&
                          old_engine.held_memory == new_engine.held_memory &&
                          old_engine.held_per_flow == new_engine.held_per_flow);
    compare("inspection",
            old_engine.signatures == new_engine.signatures && old_engine.parsers == new_engine.parsers);
    compare("depth", old_engine.depth == new_engine.depth);
    compare("timeouts", old_engine.handshake_timeout == new_engine.handshake_timeout &&
                            old_engine.established_timeout == new_engine.established_timeout &&
                            old_engine.closing_timeout == new_engine.closing_timeout &&
                            old_engine.blocked_timeout == new_engine.blocked_timeout &&
                            old_engine.reload_grace == new_engine.reload_grace);
    compare("on", old_engine.on == new_engine.on && running.fail_open == read.fail_open);
    compare("events",
            running.events_file == read.events_file && old_engine.event_payload == new_engine.event_payload);
    compare("control", running.control_socket == read.control_socket);
    compare("log", running.log == read.log);
    return keys;
}

} // namespace nfsieve
