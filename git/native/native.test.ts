import { describeRepositoryContract } from "../repository.contract.ts";
import { openNativeRepository } from "./open.ts";

describeRepositoryContract("native", async (options) => openNativeRepository({ ...options, create: true }));
