// SPDX-License-Identifier: GPL-2.0-or-later
// Owners for Vectorscan's C handles.
#pragma once

#include <cstdlib>
#include <hs/hs.h>
#include <memory>

namespace nfsieve {

struct HsDatabaseFree {
    void operator()(hs_database_t* database) const { hs_free_database(database); }
};
using HsDatabase = std::unique_ptr<hs_database_t, HsDatabaseFree>;

struct HsScratchFree {
    void operator()(hs_scratch_t* scratch) const { hs_free_scratch(scratch); }
};
using HsScratch = std::unique_ptr<hs_scratch_t, HsScratchFree>;

struct HsCompileErrorFree {
    void operator()(hs_compile_error_t* error) const { hs_free_compile_error(error); }
};
using HsCompileError = std::unique_ptr<hs_compile_error_t, HsCompileErrorFree>;

/// What Vectorscan allocates for its caller, by the library's default allocator.
struct HsFree {
    void operator()(void* memory) const { std::free(memory); } // NOLINT: it comes from malloc()
};

} // namespace nfsieve
