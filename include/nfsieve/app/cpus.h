// SPDX-License-Identifier: GPL-2.0-or-later
// The processors that worker threads can be bound to.
#pragma once

#include "nfsieve/base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nfsieve {

/// By CPU number, whether this process may run there: as its cpuset, taskset(1) or the service's CPUAffinity=
/// leave it. As many as the machine has. Any thread that was not bound itself.
struct Cpus {
    std::vector<bool> usable;
    /// The CPUs that may be used, e.g. "0-2, 5".
    [[nodiscard]] std::string to_string() const;
};

/// Those of the calling thread.
[[nodiscard]] Cpus own_cpus();

/// Binds the calling thread to one CPU. An error says what the kernel did not like.
[[nodiscard]] Result<void> bind_to_cpu(std::uint32_t cpu);

} // namespace nfsieve
