/**
 * Where HTCondor's packages put `condor_q`: by its path, for an executable that may run a program by
 * name cannot start without PATH.
 */
export const CONDOR_Q = "/usr/bin/condor_q";
